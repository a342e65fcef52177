//! When an event that was not taken is sent again. It goes by the event's age alone: a try that Lambda could not make, for want of a place to
//! run in, costs no other.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(1);
/// Nothing is sent that is older.
const DAY: Duration = Duration::from_hours(24);

/// How long the next try has to wait, or nothing where none follows. Waiting for as long as it has waited doubles the distance each time.
/// A receiver that has asked for more gets more, up to the longest.
pub(crate) fn next_try(age: Duration, asked: Option<Duration>) -> Option<Duration> {
    let wait = age.max(asked.unwrap_or_default()).clamp(SHORTEST, LONGEST);
    (age + wait <= DAY).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_ever_later_for_a_day() {
        let (mut age, mut tries) = (Duration::ZERO, vec![0]);
        while let Some(wait) = next_try(age, None) {
            age += wait;
            tries.push(age.as_secs());
        }
        assert_eq!(tries[..12], [0, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 8_720]);
        assert_eq!((tries.len(), tries.last()), (33, Some(&84_320)), "then one an hour");
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_less() {
        for (age, asked, wait) in [
            (0, 120, Some(120)),
            (300, 120, Some(300)),
            (0, 90_000, Some(3_600)),
            (82_800, 1, Some(3_600)),
            (82_801, 1, None),
            (200_000, 1, None),
        ] {
            let found = next_try(Duration::from_secs(age), Some(Duration::from_secs(asked)));
            assert_eq!(found, wait.map(Duration::from_secs), "{age} s old, asked for {asked}");
        }
    }
}
