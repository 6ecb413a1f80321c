//! Many random lives of an order under each table of this build's providers, against the invariants.
//!
//! `ORDAIN_TEST_SCALE` (default 0.1) times 100,000 lives for each table. The worlds of `properties` are few and shrink;
//! these are many and do not: a life that goes wrong is told whole, with its number, and is the same every time.

use crate::properties::{VERBS, play};
use crate::stage::Stage;
use ordain_providers::ProviderSpec;

/// Lives of one table at the scale of one.
const LIVES: f64 = 100_000.0;
/// Verbs of one life.
const VERBS_MAX: u64 = 40;
/// How lives begin: before the checkout is open, with it open, and paid in either way.
const BEGINNINGS: [&str; 6] = [
    "",
    "created; pull",
    "created; pull; hint; answer paid",
    "created; told captured",
    "late refund; created attempt=one; told captured",
    "late refund; created attempt=one; told paid",
];

/// Numbers that are the same for the same life (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let at = self.below(u64::try_from(all.len()).expect("few"));
        all[usize::try_from(at).expect("few")]
    }
}

/// Tells which life it was, if it went wrong.
struct Life<'a> {
    table: &'static str,
    number: u64,
    beginning: &'a str,
    script: &'a [&'static str],
}

impl Drop for Life<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { table, number, beginning, script } = self;
            eprintln!("life {number} under the table {table}: {beginning}; {}", script.join("; "));
        }
    }
}

fn live(spec: &'static ProviderSpec, number: u64) {
    let mut dice = Dice(number.wrapping_mul(0xA076_1D64_78BD_642F));
    let beginning = dice.of(&BEGINNINGS);
    let length = 1 + dice.below(VERBS_MAX);
    let script: Vec<&'static str> = (0..length).map(|_| dice.of(VERBS)).collect();
    let life = Life { table: spec.id, number, beginning, script: &script };
    let mut stage = Stage::new(spec);
    stage.thorough = false;
    let mut stage = play(stage, beginning, &script);
    stage.thorough = true;
    stage.play("sync");
    drop(life);
}

#[expect(clippy::float_arithmetic, reason = "a scale of work, no money")]
#[expect(clippy::disallowed_methods, reason = "how much of a test is run is no workflow's input")]
fn lives() -> u64 {
    let scale =
        std::env::var("ORDAIN_TEST_SCALE").map_or(0.1, |scale| scale.parse::<f64>().expect("a number"));
    (LIVES * scale) as u64
}

#[test]
fn random_lives_keep_the_invariants_under_every_real_table() {
    let lives = lives();
    std::thread::scope(|scope| {
        for provider in ordain_providers::ALL {
            scope.spawn(move || (0..lives).for_each(|number| live(provider.spec(), number)));
        }
    });
}
