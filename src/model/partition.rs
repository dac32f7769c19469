//! AWS partitions: which one a region belongs to, and what its names end in. The one table of them.

/// A partition: its regions, accounts and ARNs are its own, and no ARN of one means anything in another.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// The second part of its ARNs.
    pub id: &'static str,
    /// What the codes of its regions begin with; behind it stand a word and a number.
    prefixes: &'static [&'static str],
    /// What the host names of its services end in.
    pub dns_suffix: &'static str,
    /// What the host name of its console ends in, behind the region; `None` where that is not published.
    console: Option<&'static str>,
}

/// Every partition (botocore's `partitions.json`: `regionRegex`, `outputs.dnsSuffix`). The first takes what no other claims: a
/// region that is newer than this table is most likely one of its own.
pub static PARTITIONS: [Partition; 8] = [
    Partition {
        id: "aws",
        prefixes: &["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"],
        dns_suffix: "amazonaws.com",
        console: Some("console.aws.amazon.com"),
    },
    Partition {
        id: "aws-cn",
        prefixes: &["cn-"],
        dns_suffix: "amazonaws.com.cn",
        console: Some("console.amazonaws.cn"),
    },
    Partition {
        id: "aws-us-gov",
        prefixes: &["us-gov-"],
        dns_suffix: "amazonaws.com",
        console: Some("console.amazonaws-us-gov.com"),
    },
    Partition { id: "aws-iso", prefixes: &["us-iso-"], dns_suffix: "c2s.ic.gov", console: None },
    Partition { id: "aws-iso-b", prefixes: &["us-isob-"], dns_suffix: "sc2s.sgov.gov", console: None },
    Partition { id: "aws-iso-e", prefixes: &["eu-isoe-"], dns_suffix: "cloud.adc-e.uk", console: None },
    Partition { id: "aws-iso-f", prefixes: &["us-isof-"], dns_suffix: "csp.hci.ic.gov", console: None },
    Partition { id: "aws-eusc", prefixes: &["eusc-de-"], dns_suffix: "amazonaws.eu", console: None },
];

impl Partition {
    /// The host of the console in a region (AWS general reference, "AWS Management Console endpoints").
    pub fn console_host(&self, region: &str) -> Option<String> {
        self.console.map(|console| format!("{region}.{console}"))
    }

    /// Returns the partition of a region, or of a partition-wide name such as `aws-cn-global`.
    pub fn of_region(region: &str) -> &'static Partition {
        let claims = |partition: &&Partition| {
            partition.prefixes.iter().any(|prefix| region.strip_prefix(prefix).is_some_and(is_word_and_number))
                || region.strip_suffix("-global") == Some(partition.id)
        };
        PARTITIONS.iter().find(claims).unwrap_or(&PARTITIONS[0])
    }
}

/// `\w+-\d+`
fn is_word_and_number(text: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(name, count)| word(name) && number(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_region_that_botocore_knows_is_in_its_partition() {
        let known = include_str!("../../tests/partitions.json");
        let known: BTreeMap<String, (String, Vec<String>)> = serde_json::from_str(known).unwrap();
        assert_eq!(known.len(), PARTITIONS.len());
        for (id, (suffix, regions)) in &known {
            for region in regions {
                let partition = Partition::of_region(region);
                assert_eq!((partition.id, partition.dns_suffix), (id.as_str(), suffix.as_str()), "{region}");
            }
        }
    }

    #[test]
    fn a_region_that_nobody_knows_yet_is_in_the_usual_partition() {
        for region in ["", "xx-new-1", "us-gov", "cn-", "us-west-12", "cnorth-1"] {
            assert_eq!(Partition::of_region(region).id, "aws", "{region}");
        }
        for (region, id) in
            [("cn-south-12", "aws-cn"), ("us-gov-central-1", "aws-us-gov"), ("eusc-de-west-2", "aws-eusc")]
        {
            assert_eq!(Partition::of_region(region).id, id, "{region}");
        }
    }
}
