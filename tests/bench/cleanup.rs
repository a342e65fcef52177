//! What clean-up reads over tables of two sizes, in the units that `DynamoDB` bills. Where it grew with what is stored, this would say so.

use crate::stored::{DUE, Originals};
use crate::world::World;
use prooflight_local::Options;
use std::time::Instant;

/// More than this, between ten thousand and a hundred thousand verifications, is growth.
const MOST_GROWTH: f64 = 1.1;

pub(crate) async fn measure() {
    println!("\nClean-up, {DUE} verifications due and {DUE} decided on the day before with three images each, the others older");
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Options { data_dir: Some(folder.path().to_owned()), ..Options::ephemeral() }).await;
    let originals = Originals::make(&world).await;
    let mut units = Vec::new();
    for stored in [10_000, 100_000] {
        let table = format!("stored-{stored}");
        let began = Instant::now();
        originals.fill(&world, &table, stored).await;
        let filled = began.elapsed().as_secs_f64();
        let began = Instant::now();
        let cleaned = originals.clean(&world, &table).await;
        let took = began.elapsed().as_secs_f64();
        let report = &cleaned.report;
        assert_eq!((report.verifications_settled as usize, report.failed), (DUE, 0), "{report:?}");
        assert_eq!((report.orphans_removed, report.images_missing), (0, 0), "{report:?}");
        let calls = cleaned.tally.calls.iter().map(|(operation, count)| format!("{operation} {count}")).collect::<Vec<_>>().join(", ");
        println!("{stored:>7} stored {:>8.1} read units   {took:.1} s; {calls}; filled in {filled:.0} s", cleaned.tally.read_units);
        units.push(cleaned.tally.read_units);
    }
    let growth = units[1] / units[0];
    println!("{growth:>33.3} x as many read units");
    assert!(growth < MOST_GROWTH && growth > 1.0 / MOST_GROWTH, "what it reads grows with what is stored");
    world.stop().await;
}
