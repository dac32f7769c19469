//! Metrics through the SDK: what is put comes back, and every function has a past.

use super::*;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDatum, MetricStat, ScanBy, StandardUnit, StatisticSet,
};
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

const FUNCTION: &str = "mlops-service-lambda";

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

fn metric(name: &str) -> Metric {
    let dimension = Dimension::builder().name("FunctionName").value(FUNCTION).build();
    Metric::builder().namespace("AWS/Lambda").metric_name(name).dimensions(dimension).build()
}

fn stat(id: &str, metric: Metric, statistic: &str, period: i32) -> MetricDataQuery {
    let stat = MetricStat::builder().metric(metric).stat(statistic).period(period).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

/// Timestamps and values of each query, oldest first.
async fn get(client: &Client, queries: Vec<MetricDataQuery>, days: i64) -> Vec<Vec<(i64, f64)>> {
    let data =
        client.get_metric_data().set_metric_data_queries(Some(queries.clone())).scan_by(ScanBy::TimestampAscending);
    let end = now() / 300 * 300;
    let data = data.start_time(DateTime::from_secs(end - days * 86_400)).end_time(DateTime::from_secs(end));
    let mut pages = data.into_paginator().send();
    let mut found = vec![Vec::new(); queries.len()];
    while let Some(page) = pages.next().await {
        for result in page.unwrap().metric_data_results() {
            let at = queries.iter().position(|query| query.id() == result.id()).unwrap();
            found[at].extend(result.timestamps().iter().map(|time| time.secs()).zip(result.values().iter().copied()));
        }
    }
    found
}

#[tokio::test]
async fn a_new_account_has_two_plausible_weeks_behind_it() {
    let client = client();
    let queries = vec![
        stat("invocations", metric("Invocations"), "Sum", 300),
        stat("errors", metric("Errors"), "Sum", 300),
        stat("throttles", metric("Throttles"), "Sum", 300),
        stat("p95", metric("Duration"), "p95", 300),
        stat("median", metric("Duration"), "p50", 300),
        stat("concurrency", metric("ConcurrentExecutions"), "Maximum", 300),
        MetricDataQuery::builder().id("rate").expression("100 * errors / invocations").build(),
    ];
    let found = get(&client, queries.clone(), 20).await;
    let [invocations, errors, throttles, p95, median, concurrency, rate] = &found[..] else { panic!() };
    let span = invocations.last().unwrap().0 - invocations[0].0;
    assert!((13 * 86_400..=14 * 86_400).contains(&span), "{span}");
    let total: f64 = invocations.iter().map(|(_, sum)| sum).sum();
    assert!((40_000.0..400_000.0).contains(&total), "{total}");
    assert!(invocations.len() < 14 * 288 * 9 / 10, "nights are idle: {}", invocations.len());
    let failed: f64 = errors.iter().map(|(_, sum)| sum).sum();
    assert!(failed > 100.0 && failed < total / 20.0, "{failed} of {total}");
    let incident = rate.iter().filter(|(_, percent)| *percent > 15.0).count();
    assert!((5..60).contains(&incident), "{incident}");
    assert!(errors.iter().filter(|(_, sum)| *sum == 0.0).count() > errors.len() / 2, "mostly all is well");
    let throttled: f64 = throttles.iter().map(|(_, sum)| sum).sum();
    assert!(throttled > 0.0 && throttled < 500.0, "{throttled}");
    assert!(p95.iter().all(|(_, ms)| (20.0..29_000.0).contains(ms)));
    let mean = |points: &[(i64, f64)]| points.iter().map(|(_, value)| value).sum::<f64>() / points.len() as f64;
    assert!(mean(p95) > 1.5 * mean(median), "{} {}", mean(p95), mean(median));
    assert!(concurrency.iter().all(|(_, most)| (1.0..20.0).contains(most)));

    assert_eq!(get(&client, queries, 20).await, found, "the same again");
    let other = Sandbox::in_memory(Weather { seed: 2, ..Weather::default() });
    let elsewhere = get(&client_of(&other), vec![stat("n", metric("Invocations"), "Sum", 300)], 20).await;
    assert_ne!(&elsewhere[0], invocations);
    let mut stranger = metric("Invocations");
    stranger.dimensions.as_mut().unwrap()[0].value = Some("other".into());
    assert!(get(&client, vec![stat("n", stranger, "Sum", 300)], 20).await[0].is_empty());
}

#[tokio::test]
async fn periods_and_statistics_fit_together() {
    let client = client();
    let sums = get(
        &client,
        vec![stat("a", metric("Invocations"), "Sum", 60), stat("b", metric("Invocations"), "Sum", 300)],
        2,
    )
    .await;
    let total = |points: &[(i64, f64)]| points.iter().map(|(_, sum)| sum).sum::<f64>();
    assert_eq!(total(&sums[0]), total(&sums[1]));
    assert!(sums[1].iter().all(|(at, _)| at % 300 == 0));
    let account = Metric::builder().namespace("AWS/Lambda").metric_name("Invocations").build();
    assert_eq!(get(&client, vec![stat("a", account, "Sum", 300)], 2).await[0], sums[1], "one function is all there is");
    let statistics = client.get_metric_statistics().namespace("AWS/Lambda").metric_name("Duration");
    let end = now() / 300 * 300;
    let statistics =
        statistics.set_dimensions(metric("Duration").dimensions).period(300).statistics(Statistic::Average);
    let statistics = statistics.statistics(Statistic::SampleCount).extended_statistics("p90");
    let found = statistics.clone().start_time(DateTime::from_secs(end - 86_400)).end_time(DateTime::from_secs(end));
    let found = found.send().await.unwrap();
    let by_data = get(&client, vec![stat("a", metric("Duration"), "p90", 300)], 1).await;
    assert_eq!(found.datapoints().len(), by_data[0].len());
    assert!(
        found
            .datapoints()
            .iter()
            .all(|point| point.average() > Some(10.0) && point.unit() == Some(&StandardUnit::Milliseconds))
    );
    let p90: BTreeSet<String> =
        found.datapoints().iter().map(|point| point.extended_statistics().unwrap()["p90"].to_string()).collect();
    assert_eq!(p90, by_data[0].iter().map(|(_, value)| value.to_string()).collect());
    let many =
        statistics.period(60).start_time(DateTime::from_secs(end - 2 * 86_400)).end_time(DateTime::from_secs(end));
    assert_eq!(failure(many.send().await).0, "InvalidParameterCombination");
}

#[tokio::test]
async fn data_that_is_put_comes_back() {
    let client = client();
    let at = DateTime::from_secs(now() / 300 * 300 - 600);
    let datum = || MetricDatum::builder().metric_name("Predictions").timestamp(at).unit(StandardUnit::Count);
    let put = client.put_metric_data().namespace("Mlops").metric_data(datum().value(3.0).build());
    let put = put.metric_data(datum().set_values(Some(vec![1.0, 5.0])).set_counts(Some(vec![2.0, 1.0])).build());
    let set = StatisticSet::builder().sample_count(2.0).sum(8.0).minimum(4.0).maximum(4.0).build();
    put.metric_data(datum().statistic_values(set).build()).send().await.unwrap();
    let own = Metric::builder().namespace("Mlops").metric_name("Predictions").build();
    let values = get(
        &client,
        ["Sum", "SampleCount", "Average", "Maximum", "p50"]
            .iter()
            .enumerate()
            .map(|(n, name)| stat(&format!("q{n}"), own.clone(), name, 300))
            .collect(),
        1,
    )
    .await;
    let only: Vec<f64> = values.iter().map(|points| points[0].1).collect();
    assert_eq!(only, [18.0, 6.0, 3.0, 5.0, 3.0]);
    let listed = client.list_metrics().namespace("Mlops").send().await.unwrap();
    assert_eq!(
        listed.metrics(),
        [Metric::builder().namespace("Mlops").metric_name("Predictions").set_dimensions(Some(vec![])).build()]
    );
    let lambda = client.list_metrics().namespace("AWS/Lambda").metric_name("Errors");
    let filter = aws_sdk_cloudwatch::types::DimensionFilter::builder().name("FunctionName").value(FUNCTION).build();
    assert_eq!(lambda.clone().send().await.unwrap().metrics().len(), 3);
    assert_eq!(lambda.dimensions(filter).send().await.unwrap().metrics().len(), 2);

    let refused = async |put: aws_sdk_cloudwatch::operation::put_metric_data::builders::PutMetricDataFluentBuilder| {
        failure(put.send().await).0
    };
    let put = || client.put_metric_data().namespace("Mlops");
    assert_eq!(
        refused(put().namespace("AWS/Lambda").metric_data(datum().value(1.0).build())).await,
        "InvalidParameterValue"
    );
    assert_eq!(refused(put()).await, "MissingParameter");
    assert_eq!(refused(put().metric_data(datum().build())).await, "InvalidParameterCombination");
    assert_eq!(refused(put().metric_data(datum().value(1.0).values(2.0).build())).await, "InvalidParameterCombination");
    assert_eq!(refused(put().metric_data(datum().value(f64::NAN).build())).await, "InvalidParameterValue");
    let long_ago = datum().value(1.0).timestamp(DateTime::from_secs(now() - 15 * 86_400)).build();
    assert_eq!(refused(put().metric_data(long_ago)).await, "InvalidParameterValue");
}

#[tokio::test]
async fn points_come_in_pages() {
    let client = client();
    let queries = vec![stat("a", metric("Invocations"), "Sum", 60), stat("b", metric("Errors"), "Sum", 60)];
    let whole = get(&client, queries.clone(), 1).await;
    let end = now() / 300 * 300;
    let data = client.get_metric_data().set_metric_data_queries(Some(queries)).max_datapoints(500);
    let data = data.start_time(DateTime::from_secs(end - 86_400)).end_time(DateTime::from_secs(end));
    let mut pages = data.into_paginator().send();
    let mut found = [Vec::new(), Vec::new()];
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.metric_data_results().iter().map(|result| result.values().len()).sum::<usize>() <= 500);
        for result in page.metric_data_results() {
            found[usize::from(result.id() == Some("b"))]
                .extend(result.timestamps().iter().map(|time| time.secs()).zip(result.values().iter().copied()));
        }
    }
    for (mut found, whole) in found.into_iter().zip(whole) {
        assert!(found.is_sorted_by(|a, b| a.0 > b.0), "newest first is the default");
        found.reverse();
        assert_eq!(found, whole);
    }
}

#[tokio::test]
async fn wrong_questions_are_refused() {
    let client = client();
    let ask = |queries: Vec<MetricDataQuery>, from: i64, to: i64| {
        let data = client.get_metric_data().set_metric_data_queries(Some(queries));
        data.start_time(DateTime::from_secs(from)).end_time(DateTime::from_secs(to)).send()
    };
    let one = |id: &str| stat(id, metric("Errors"), "Sum", 60);
    for (result, words) in [
        (ask(vec![one("a")], 600, 600).await, "StartTime must be less"),
        (ask(vec![], 0, 600).await, "metricDataQueries"),
        (ask(vec![one("a"), one("a")], 0, 600).await, "not unique"),
        (ask(vec![stat("a", metric("Errors"), "Mean", 60)], 0, 600).await, "Mean"),
        (ask(vec![stat("a", metric("Errors"), "Sum", 61)], 0, 600).await, "multiple of 60"),
        (
            ask(vec![MetricDataQuery::builder().id("e").expression("x + 1").build()], 0, 600).await,
            "Undefined variable x",
        ),
        (ask((0..501).map(|n| one(&format!("a{n}"))).collect(), 0, 600).await, "metricDataQueries"),
    ] {
        let (code, message) = failure(result);
        assert_eq!(code, "ValidationError");
        assert!(message.contains(words), "{message}");
    }
}
