//! The mistakes that grading can tell apart, so that they can be counted over a class.

use serde::{Deserialize, Serialize};

/// Sorted by what they are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    NoAlarm,
    WrongRegion,
    OtherFunction,
    OtherMetric,
    Unreadable,
    WrongStatistic,
    WrongDirection,
    EveryError,
    ThresholdTooLow,
    ThresholdTooHigh,
    NoThreshold,
    WrongPeriod,
    WrongWindow,
    MissingData,
    NoData,
    ActionsDisabled,
    #[serde(rename = "notifies_nobody")]
    TellsNobody,
    OnlyOtherStates,
    NotATopic,
    NoTopic,
    TopicGone,
    TopicElsewhere,
    TopicRefuses,
    TopicKey,
    NobodySubscribed,
    OtherSubscriber,
    Unconfirmed,
    Unsubscribed,
    Filtered,
    BadAdvice,
    #[serde(rename = "never_expires")]
    KeptForEver,
    KeptTooShort,
    KeptTooLong,
    NoLogGroup,
    NoFunction,
    WrongRuntime,
    WrongMemory,
    WrongTimeout,
    NeverInvoked,
    TooFewInvocations,
    WrongValue,
    NoAddress,
    NoAnswer,
    WrongAnswer,
    NotInState,
    /// No mistake: something could not be read.
    Unread,
}

impl Mistake {
    /// Whether it may only mean that somebody worked in another region.
    pub fn may_be_elsewhere(self) -> bool {
        use Mistake::*;
        matches!(self, NoAlarm | OtherFunction | OtherMetric | Unreadable | NoTopic | NobodySubscribed | NoFunction)
    }

    /// The mistake in few words, for a count.
    pub fn words(self) -> &'static str {
        use Mistake::*;
        match self {
            NoAlarm => "there is no such alarm",
            WrongRegion => "it is in the wrong region",
            OtherFunction => "the alarm watches another function",
            OtherMetric => "the alarm watches another metric",
            Unreadable => "the alarm cannot be judged",
            WrongStatistic => "the statistic is wrong",
            WrongDirection => "the alarm fires on the wrong side",
            EveryError => "the alarm fires every single time",
            ThresholdTooLow => "the threshold is too low",
            ThresholdTooHigh => "the threshold is too high",
            NoThreshold => "the alarm has no threshold of its own",
            WrongPeriod => "the period is wrong",
            WrongWindow => "it takes too long, or too short, to fire",
            MissingData => "missing data is treated wrongly",
            NoData => "the alarm has no data",
            ActionsDisabled => "actions are disabled",
            TellsNobody => "the alarm notifies nobody",
            OnlyOtherStates => "the alarm notifies nobody of ALARM, only of other states",
            NotATopic => "the action is no topic",
            NoTopic => "there is no topic",
            TopicGone => "the topic is gone",
            TopicElsewhere => "the topic is in another region",
            TopicRefuses => "the topic's policy refuses CloudWatch",
            TopicKey => "the topic's key shuts CloudWatch out",
            NobodySubscribed => "nobody is subscribed",
            OtherSubscriber => "somebody else is subscribed",
            Unconfirmed => "the subscription is not confirmed",
            Unsubscribed => "the subscriber has unsubscribed",
            Filtered => "a filter policy lets no alarm through",
            BadAdvice => "an alarm follows bad advice",
            KeptForEver => "logs never expire",
            KeptTooShort => "logs are kept too short a time",
            KeptTooLong => "logs are kept too long",
            NoLogGroup => "there is no log group",
            NoFunction => "there is no such function",
            WrongRuntime => "the runtime is wrong",
            WrongMemory => "the memory is wrong",
            WrongTimeout => "the timeout is wrong",
            NeverInvoked => "the function was never called, or the metric has no data",
            TooFewInvocations => "the function was called too seldom",
            WrongValue => "the metric's value is wrong",
            NoAddress => "there is no address to ask",
            NoAnswer => "the address does not answer",
            WrongAnswer => "the answer is wrong",
            NotInState => "the alarm was not in the state",
            Unread => "something could not be read",
        }
    }
}
