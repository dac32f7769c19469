//! What is asked of AWS about a resource of whichever kind: its tags, its configuration by name, its deletion. What only one kind
//! needs is in its own `aws.rs`.

use super::kind::Write;
use super::{Address, Kind, Live, Resource, ResourceTags, with_kinds};
use crate::aws::{ApiOperation, Aws, AwsError};
use crate::model::Target;

/// The calls that every kind has.
pub trait Client {
    /// The call that tells the tags of one.
    const TAGS: ApiOperation;

    /// Names that one call describes.
    const BATCH: usize = 1;

    /// Of each write the call that AWS allows least often.
    const PUT: ApiOperation;
    const DELETE: ApiOperation;
    const UNTAG: ApiOperation;

    /// The tags that the resource itself tells; `None` where it does not exist. A kind that AWS gives none has none to read or set.
    async fn tags(_aws: &Aws, _arn: &str) -> Result<Option<ResourceTags>, AwsError> {
        Ok(Some(ResourceTags::new()))
    }

    async fn tag(_aws: &Aws, _arn: &str, _tags: &ResourceTags) -> Result<(), AwsError> {
        Ok(())
    }

    async fn untag(_aws: &Aws, _arn: &str, _keys: &[String]) -> Result<(), AwsError> {
        Ok(())
    }

    /// Describes at most `BATCH` of a kind that is read by names; those that do not exist are left out.
    async fn describe(aws: &Aws, names: &[String]) -> Result<Vec<Live>, AwsError> {
        let mut found = Vec::new();
        for name in names {
            found.extend(Self::read(aws, name).await?);
        }
        Ok(found)
    }

    /// The one of this name, of a kind that AWS gives no call to describe several of.
    async fn read(_aws: &Aws, _name: &str) -> Result<Option<Live>, AwsError> {
        Err(AwsError::unexpected(Self::TAGS, "this kind is not read by names"))
    }

    /// Every one of the target, without tags, of a kind that is read by names.
    async fn list(_aws: &Aws) -> Result<Vec<Live>, AwsError> {
        Err(AwsError::unexpected(Self::TAGS, "this kind is not listed by itself"))
    }

    /// Of a kind that is read with its parent: the children of one parent, or those of them that are of interest. `desired`: those that
    /// the spec asks for. `live`: the parent as it stands, where that is known already. None of a parent that does not exist.
    async fn children(_: &Aws, _: &Address, _: Option<&Live>, _: &[&Resource]) -> Result<Vec<Live>, AwsError> {
        Err(AwsError::unexpected(Self::TAGS, "this kind is not read with its parent"))
    }

    /// Creates or replaces one of a kind that AWS replaces as a whole. The tags count at creation only.
    async fn put(&self, _aws: &Aws) -> Result<(), AwsError> {
        Err(AwsError::unexpected(Self::PUT, "this kind is not replaced as a whole"))
    }

    /// Deletes by name; one answer a name. Gone is fine.
    async fn delete(aws: &Aws, target: &Target, names: &[String]) -> Vec<Result<(), AwsError>>;

    /// Deletes one child; `parent_ends`: whether the same run deletes its parent.
    async fn delete_child(&self, aws: &Aws, target: &Target, name: &str, _parent_ends: bool) -> Result<(), AwsError> {
        Self::delete(aws, target, &[name.to_owned()]).await.into_iter().collect()
    }
}

macro_rules! dispatch {
    ($($variant:ident($held:ty) $folder:ident,)+) => {
        impl Kind {
            /// The call that tells a resource's own tags.
            pub fn tags_call(self) -> ApiOperation {
                match self {
                    $(Kind::$variant => <super::$variant as Client>::TAGS,)+
                }
            }

            /// Names that one call describes, of a kind that is read by names.
            pub fn describe_batch(self) -> usize {
                match self {
                    $(Kind::$variant => <super::$variant as Client>::BATCH,)+
                }
            }

            /// The call of a write that AWS allows least often.
            pub fn slowest_call(self, write: Write) -> ApiOperation {
                match (self, write) {
                    $((Kind::$variant, Write::Put) => <super::$variant as Client>::PUT,
                    (Kind::$variant, Write::Delete) => <super::$variant as Client>::DELETE,
                    (Kind::$variant, Write::Untag) => <super::$variant as Client>::UNTAG,)+
                }
            }
        }

        pub async fn tags(aws: &Aws, kind: Kind, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
            match kind {
                $(Kind::$variant => <super::$variant as Client>::tags(aws, arn).await,)+
            }
        }

        pub async fn tag(aws: &Aws, kind: Kind, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
            match kind {
                $(Kind::$variant => <super::$variant as Client>::tag(aws, arn, tags).await,)+
            }
        }

        pub async fn untag(aws: &Aws, kind: Kind, arn: &str, keys: &[String]) -> Result<(), AwsError> {
            match kind {
                $(Kind::$variant => <super::$variant as Client>::untag(aws, arn, keys).await,)+
            }
        }

        pub async fn describe(aws: &Aws, kind: Kind, names: &[String]) -> Result<Vec<Live>, AwsError> {
            match kind {
                $(Kind::$variant => <super::$variant as Client>::describe(aws, names).await,)+
            }
        }

        pub async fn list(aws: &Aws, kind: Kind) -> Result<Vec<Live>, AwsError> {
            match kind {
                $(Kind::$variant => <super::$variant as Client>::list(aws).await,)+
            }
        }

        pub async fn children(
            aws: &Aws,
            kind: Kind,
            parent: &Address,
            live: Option<&Live>,
            desired: &[&Resource],
        ) -> Result<Vec<Live>, AwsError> {
            match kind {
                $(Kind::$variant => <super::$variant as Client>::children(aws, parent, live, desired).await,)+
            }
        }

        pub async fn put(aws: &Aws, resource: &Resource) -> Result<(), AwsError> {
            match resource {
                $(Resource::$variant(held) => held.put(aws).await,)+
            }
        }

        pub async fn delete_child(
            aws: &Aws,
            target: &Target,
            child: &Resource,
            parent_ends: bool,
        ) -> Result<(), AwsError> {
            match child {
                $(Resource::$variant(held) => held.delete_child(aws, target, &child.name(), parent_ends).await,)+
            }
        }

        pub async fn delete(aws: &Aws, target: &Target, kind: Kind, names: &[String]) -> Vec<Result<(), AwsError>> {
            match kind {
                $(Kind::$variant => <super::$variant as Client>::delete(aws, target, names).await,)+
            }
        }
    };
}
with_kinds!(dispatch);
