//! Which metrics AWS publishes, by namespace: one dated data file with what each metric means, and a table of more names. Read once.
//! Says nothing of what an account has.

use super::published::published;
use mlops_cloudwatch::math::Interval;
use mlops_cloudwatch::statistic::{Statistic, Trim};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
pub struct Catalogue {
    pub dated: String,
    namespaces: BTreeMap<String, Namespace>,
    /// Namespaces of AWS whose metrics are not listed here.
    other_namespaces: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Namespace {
    /// Seconds.
    resolution: i32,
    /// Whether there is no data where nothing happens.
    sparse: bool,
    /// Whether the service publishes what percentiles need.
    #[serde(default = "yes")]
    pub percentiles: bool,
    dimensions: Vec<Vec<String>>,
    /// Seconds for which a resource that has fallen silent still has data, of zeros.
    #[serde(default)]
    pub idle: i64,
    /// Whether there may be more sets of dimensions than the guide lists.
    #[serde(default)]
    pub open: bool,
    /// The one region that it is published in, of the partition `aws`.
    pub region: Option<String>,
    pub metrics: BTreeMap<String, CatalogueMetric>,
}

/// A metric as the catalogue lists it; what is absent is the namespace's.
#[derive(Debug, Deserialize)]
pub struct CatalogueMetric {
    pub unit: String,
    pub kind: MetricKind,
    /// The statistics that mean something; empty where all do.
    #[serde(default)]
    pub statistics: Vec<String>,
    /// Whether each sample is 1 or 0: an event that did or did not happen.
    #[serde(default)]
    pub ones: bool,
    /// The metric that counts the same events and others: its dimensions are the same.
    pub of: Option<String>,
    /// The lowest and the highest sample there can be, where that is not what the kind says.
    pub least: Option<f64>,
    most: Option<f64>,
    resolution: Option<i32>,
    sparse: Option<bool>,
    dimensions: Option<Vec<Vec<String>>>,
}

/// What a metric counts or measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Calls, messages, units of work.
    Traffic,
    /// Failed work; it means something only against the traffic.
    Errors,
    /// Something was lost: one is one too many.
    Loss,
    /// Work that was refused.
    Throttles,
    /// How long one piece of work took.
    Latency,
    /// How old or how far behind something is.
    Age,
    Concurrency,
    /// Money, or what money is paid for.
    Cost,
    /// 0 to 1.
    Share,
    /// 0 to 100.
    Percent,
    /// 0 or 1: whether something is so.
    Check,
    /// What is left of something: the less, the worse.
    Reserve,
    /// A level, such as messages in a queue.
    Gauge,
    Count,
}

/// A metric with its namespace.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueName {
    pub namespace: &'static Namespace,
    pub metric: &'static CatalogueMetric,
}

impl CatalogueName {
    /// Seconds between datapoints.
    pub fn resolution(&self) -> i32 {
        self.metric.resolution.unwrap_or(self.namespace.resolution)
    }

    pub fn is_sparse(&self) -> bool {
        self.metric.sparse.unwrap_or(self.namespace.sparse)
    }

    /// Whether there may be more dimensions than are known: of an open namespace, unless the metric has its own list.
    pub fn is_open(&self) -> bool {
        self.namespace.open && self.metric.dimensions.is_none()
    }

    /// The sets of dimension names that are published.
    pub fn dimensions(&self) -> &'static [Vec<String>] {
        self.metric.dimensions.as_ref().unwrap_or(&self.namespace.dimensions)
    }

    /// What a datapoint can be, as a statistic makes it of samples.
    pub fn values(&self, stat: &str) -> Interval {
        let low = self.metric.least.unwrap_or(0.0);
        let highest = match self.metric.kind {
            _ if self.metric.most.is_some() => self.metric.most,
            _ if self.metric.ones => Some(1.0),
            MetricKind::Share | MetricKind::Check => Some(1.0),
            MetricKind::Percent => Some(100.0),
            MetricKind::Reserve if self.metric.unit == "Percent" => Some(100.0),
            _ => None,
        };
        match stat.parse() {
            Ok(Statistic::SampleCount | Statistic::Trimmed(Trim::Count, _)) => Interval::POSITIVE,
            Ok(Statistic::Sum | Statistic::Trimmed(Trim::Sum, _)) if low < 0.0 => Interval::ANY,
            Ok(Statistic::Sum | Statistic::Trimmed(Trim::Sum, _)) => Interval::POSITIVE,
            Ok(Statistic::PercentileRank(..)) => Interval::new(0.0, 100.0),
            Ok(_) => Interval::new(low, highest.unwrap_or(f64::INFINITY)),
            Err(_) => Interval::ANY,
        }
    }
}

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| serde_json::from_str(include_str!("catalogue.json")).unwrap_or_default());

pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// The unit of a metric that AWS publishes, in CloudWatch's word.
pub fn unit_of(namespace: &str, metric: &str) -> Option<&'static str> {
    CATALOGUE.metric(namespace, metric).map(|known| known.metric.unit.as_str())
}

impl Catalogue {
    pub fn namespace(&'static self, name: &str) -> Option<&'static Namespace> {
        self.namespaces.get(name)
    }

    pub fn metric(&'static self, namespace: &str, name: &str) -> Option<CatalogueName> {
        let namespace = self.namespaces.get(namespace)?;
        namespace.metrics.get(name).map(|metric| CatalogueName { namespace, metric })
    }

    /// Every metric of a namespace that is known by name; empty where the namespace has no list, or is filled as somebody configures it.
    pub fn metric_names(&'static self, namespace: &str) -> BTreeSet<&'static str> {
        if !namespace.starts_with("AWS/") {
            return BTreeSet::new();
        }
        let listed = self.namespaces.get(namespace).into_iter().flat_map(|namespace| namespace.metrics.keys());
        let published = published().get(namespace).into_iter().flat_map(|metrics| metrics.keys().copied());
        listed.map(String::as_str).chain(published).collect()
    }

    /// Every dimension that metrics of a namespace are known to have.
    pub fn dimension_names(&'static self, namespace: &str) -> BTreeSet<&'static str> {
        if !namespace.starts_with("AWS/") {
            return BTreeSet::new();
        }
        let listed = self.namespaces.get(namespace).into_iter().flat_map(|namespace| {
            let own = namespace.metrics.values().filter_map(|metric| metric.dimensions.as_ref());
            own.chain([&namespace.dimensions]).flatten().flatten().map(String::as_str)
        });
        let published = published().get(namespace).into_iter().flat_map(|metrics| metrics.values());
        listed.chain(published.flatten().flatten().copied()).collect()
    }

    /// The sets of dimensions that a metric is known to be published under; of an open namespace there may be more.
    pub fn dimension_sets(&'static self, namespace: &str, name: &str) -> Option<BTreeSet<BTreeSet<&'static str>>> {
        let known = self.metric(namespace, name)?;
        let listed = known.dimensions().iter().map(|set| set.iter().map(String::as_str).collect());
        // Where the guide lists the sets of this metric, the other table, which is less exact, adds none.
        let published = published().get(namespace).filter(|_| known.metric.dimensions.is_none());
        let published = published.and_then(|metrics| metrics.get(name)).into_iter().flatten();
        Some(listed.chain(published.cloned()).collect())
    }

    /// Every namespace of AWS that is known by name.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        let published = published().keys().copied().filter(|name| name.starts_with("AWS/"));
        self.namespaces.keys().chain(&self.other_namespaces).map(String::as_str).chain(published)
    }
}

/// The name that was probably meant, where a slip of the pen is all that differs: case, punctuation, or a letter or two. What
/// differs in its digits is another name.
pub fn misspelt<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let wanted = plain(written);
    let limit = if wanted.chars().count() < 8 { 1 } else { 2 };
    let near = known.into_iter().filter(|name| digits(name) == digits(written)).filter_map(|name| {
        let known = plain(name);
        let edits = strsim::damerau_levenshtein(&wanted, &known);
        (edits <= limit && (edits < 2 || !is_another_word(&wanted, &known))).then_some((edits, name))
    });
    near.min().map(|(_, name)| name)
}

/// Whether two edits stand in one place: `Ingress` is no slip of `Egress`, nor `Put` of `Get`, nor `Connect` of `Convert`.
fn is_another_word(a: &str, b: &str) -> bool {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| pairs.take_while(|(x, y)| x == y).count();
    let shorter = a.chars().count().min(b.chars().count());
    let begin = same(&mut a.chars().zip(b.chars()));
    let end = same(&mut a.chars().rev().zip(b.chars().rev())).min(shorter - begin);
    a.chars().count().max(b.chars().count()) - begin - end <= 3
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read_and_agrees_with_itself() {
        let read: Catalogue = serde_json::from_str(include_str!("catalogue.json")).expect("the catalogue");
        assert!(read.namespaces.values().map(|n| n.metrics.len()).sum::<usize>() > 600);
        for (name, namespace) in &read.namespaces {
            assert!(!read.other_namespaces.contains(name), "{name} is listed twice");
            for (metric, listed) in &namespace.metrics {
                let sets = listed.dimensions.as_ref().unwrap_or(&namespace.dimensions);
                assert!(!sets.is_empty(), "{name} {metric} has no dimensions");
                for statistic in &listed.statistics {
                    assert!(crate::resources::alarm::statistic::is_plain(statistic), "{metric} {statistic}");
                }
                let whole = listed.of.as_ref();
                assert!(whole.is_none_or(|whole| namespace.metrics.contains_key(whole)), "{metric} of {whole:?}");
            }
        }
    }

    /// A key that is written twice would be read once, without a word.
    #[test]
    fn every_row_is_written_once_and_in_words_of_cloudwatch() {
        let text = include_str!("catalogue.json");
        let read: Catalogue = serde_json::from_str(text).expect("the catalogue");
        let all = || read.namespaces.values().flat_map(|namespace| namespace.metrics.iter());
        assert_eq!(text.matches("\"unit\":").count(), all().count());
        assert_eq!(text.matches("\"metrics\": {").count(), read.namespaces.len());
        for name in read.namespaces.keys().chain(&read.other_namespaces) {
            assert!(name.starts_with("AWS/") && is_a_name(name), "{name}");
        }
        let others: BTreeSet<&String> = read.other_namespaces.iter().collect();
        assert_eq!(others.len(), read.other_namespaces.len(), "a namespace is listed twice");
        for (name, namespace) in &read.namespaces {
            check_sets(name, &namespace.dimensions);
            assert!(is_resolution(namespace.resolution), "{name}");
        }
        for (name, metric) in all() {
            assert!(is_a_name(name), "{name}");
            assert!(mlops_cloudwatch::unit::UNITS.contains(&metric.unit.as_str()), "{name}: {}", metric.unit);
            assert!(metric.resolution.is_none_or(is_resolution), "{name}");
            metric.dimensions.iter().for_each(|sets| check_sets(name, sets));
            let (least, most) = (metric.least.unwrap_or(0.0), metric.most.unwrap_or(f64::INFINITY));
            assert!(least < most, "{name}: {least} to {most}");
        }
    }

    /// Names of metrics, namespaces and dimensions: 1 to 255 characters of ASCII (CloudWatch API reference).
    fn is_a_name(name: &str) -> bool {
        (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic()) && !name.starts_with(':')
    }

    fn is_resolution(seconds: i32) -> bool {
        matches!(seconds, 1 | 5 | 10 | 30) || (seconds > 0 && seconds % 60 == 0)
    }

    /// At most 30 dimensions a set, each once; no set twice, in whatever order.
    fn check_sets(of: &str, sets: &[Vec<String>]) {
        let mut known: BTreeSet<BTreeSet<&String>> = BTreeSet::new();
        for set in sets {
            let names: BTreeSet<&String> = set.iter().collect();
            assert!(names.len() == set.len() && set.len() <= 30, "{of}: {set:?}");
            assert!(names.iter().all(|name| is_a_name(name)), "{of}: {set:?}");
            assert!(known.insert(names), "{of}: {set:?} is listed twice");
        }
    }

    /// Rows that were once written by analogy, as the guides of OpenSearch Service, DocumentDB and Application Load Balancers have them.
    #[test]
    fn rows_agree_with_the_guides() {
        let sets = |namespace: &str, metric: &str| -> Vec<String> {
            let sets = catalogue().dimension_sets(namespace, metric).expect(metric);
            sets.into_iter().map(|set| set.into_iter().collect::<Vec<_>>().join("+")).collect()
        };
        let domain = ["ActiveAZ+ClientId+DomainName", "ClientId+DomainName", "ClientId+DomainName+NodeId"];
        assert_eq!(sets("AWS/ES", "FreeStorageSpace"), domain);
        assert_eq!(sets("AWS/ES", "DataNodes"), ["ActiveAZ+ClientId+DomainName"]);
        assert!(sets("AWS/ES", "ShardCount").iter().all(|set| set.ends_with("ShardRole")));
        let group = ["AvailabilityZone+LoadBalancer+TargetGroup", "LoadBalancer+TargetGroup"];
        assert_eq!(sets("AWS/ApplicationELB", "UnhealthyRoutingRequestCount"), group);
        let row = |metric: &str| {
            let known = catalogue().metric("AWS/DocDB", metric).expect(metric);
            (known.metric.unit.as_str(), known.metric.kind, known.resolution())
        };
        assert_eq!(row("VolumeReadIOPs"), ("Count", MetricKind::Count, 300));
        assert_eq!(row("WriteLatency"), ("Milliseconds", MetricKind::Latency, 60));
        assert_eq!(row("AvailableMVCCIds"), ("Count", MetricKind::Reserve, 60));
        assert!(catalogue().metric("AWS/DocDB", "OplogWindow").is_none(), "a metric of another database");
        let share = catalogue().metric("AWS/DocDB", "IndexBufferCacheHitRatio").expect("listed").values("Maximum");
        assert_eq!(share.high, f64::INFINITY, "the guide says that it may exceed 100");
    }

    /// What both say of a metric is the same: a name of the one in a namespace of the other is there, too, or is newer.
    #[test]
    fn the_two_tables_do_not_contradict_each_other() {
        for (name, namespace) in &catalogue().namespaces {
            let Some(metrics) = published().get(name.as_str()) else { continue };
            let shared = metrics.keys().filter(|metric| namespace.metrics.contains_key(**metric)).count();
            assert!(shared * 2 >= metrics.len().min(namespace.metrics.len()), "{name}: {shared} in both");
        }
    }

    #[test]
    fn a_statistic_makes_a_range() {
        let range = |namespace: &str, metric: &str, stat: &str| {
            let values = catalogue().metric(namespace, metric).expect(metric).values(stat);
            (values.low, values.high)
        };
        let infinite = f64::INFINITY;
        assert_eq!(range("AWS/Lambda", "Errors", "Sum"), (0.0, infinite));
        assert_eq!(range("AWS/Lambda", "Errors", "Average"), (0.0, 1.0));
        assert_eq!(range("AWS/Lambda", "Duration", "p99"), (0.0, infinite));
        assert_eq!(range("AWS/Lambda", "Duration", "PR(0:100)"), (0.0, 100.0));
        assert_eq!(range("AWS/EC2", "CPUUtilization", "Maximum"), (0.0, 100.0));
        assert_eq!(range("AWS/EC2", "CPUUtilization", "SampleCount"), (0.0, infinite));
        assert_eq!(range("AWS/EC2", "StatusCheckFailed", "Maximum"), (0.0, 1.0));
        assert_eq!(range("AWS/RDS", "BurstBalance", "Average"), (0.0, 100.0));
        assert_eq!(range("AWS/RDS", "ReplicaLag", "Average"), (-1.0, infinite));
        assert_eq!(range("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"), (0.0, 1_209_600.0));
    }

    #[test]
    fn only_a_slip_of_the_pen_is_near() {
        let of = |written: &str, namespace: &str| misspelt(written, catalogue().metric_names(namespace));
        assert_eq!(of("Error", "AWS/Lambda"), Some("Errors"));
        assert_eq!(of("invocations", "AWS/Lambda"), Some("Invocations"));
        assert_eq!(of("CPUUtilisation", "AWS/EC2"), Some("CPUUtilization"));
        assert_eq!(of("4XXErrors", "AWS/ApiGateway"), Some("4XXError"));
        assert_eq!(of("HTTPCode_ELB_599_Count", "AWS/ApplicationELB"), None);
        assert_eq!(of("FreeSpace", "AWS/RDS"), None);
    }
}
