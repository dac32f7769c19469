//! The marks of a document are those that an apply writes, so that a plan knows what another engine has made.

use super::random;
use crate::pipeline::tests::world::{World, everything};
use crate::plan::ownership;
use crate::resources::mark;
use fastrand::Rng;

#[tokio::test(start_paused = true)]
async fn marks_are_those_that_an_apply_writes() {
    let mut compared = 0;
    for seed in 0..60 {
        let text = random::spec(&mut Rng::with_seed(seed), "walk").to_string();
        let world = World::fine();
        let planned = world.plan_with(&text, &everything()).await;
        world.apply_planned(&planned).await;
        let after = world.plan_with(&text, &everything()).await;
        let mut marked = after.desired.clone();
        ownership::mark_children(&mut marked);
        for (address, resource) in &marked {
            let Some(live) = after.snapshot.live(address) else { continue };
            let (Some(wanted), Some(tags)) = (resource.tags(), live.resource.tags()) else { continue };
            // What existed before was adopted, and so are its children.
            if tags.contains_key(mark::ADOPTED) {
                continue;
            }
            let wanted: Vec<_> = wanted.iter().filter(|(key, _)| mark::is_mark(key)).collect();
            for (key, value) in &wanted {
                assert_eq!(tags.get(*key), Some(*value), "{seed} {address} {key}\n{text}");
            }
            compared += wanted.len();
        }
    }
    assert!(compared > 100, "{compared}");
}
