//! For how long a session that is not done is waited for. It goes by the session's age alone: a message says which session it is
//! about and is not trusted with more, and a redelivered one is as good as the next.

use jiff::SignedDuration;
use std::time::Duration;

/// What follows when Rekognition is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Another message comes later, or time has ended the session: this message has done its work.
    Enough,
    /// The message is given back to the queue, which delivers it again when its visibility time-out is over.
    ComeAgain,
    /// It is looked at again in this invocation, after [`PAUSE`].
    Pause,
}

/// Between two looks of one invocation.
pub(crate) const PAUSE: Duration = Duration::from_secs(2);

/// The queue's visibility time-out (`template.yaml`), after which a message that was given back is delivered again.
pub(crate) const REDELIVERED_AFTER: Duration = Duration::from_secs(8);

/// From this age on it is the last message's turn. It is due at 150 seconds; clocks differ, and a first message that failed again
/// and again may help as well.
const LAST_FROM: SignedDuration = SignedDuration::from_secs(140);

/// Two seconds are left then, in which nothing could be fetched for certain.
const UNTIL: SignedDuration = SignedDuration::from_secs(178);

/// Later than this an invocation does not begin to look again: what it finds has to be completed before it is ended.
const LOOKS_UNTIL: Duration = Duration::from_secs(6);

/// `age` is the session's, `spent` the time that this invocation has taken. Somebody who was seen streaming is waited for in the
/// invocation, because the result may come any moment; a session that nobody has used can wait for the redelivery, unless that
/// would come too late.
pub(crate) fn patience(age: SignedDuration, streamed: bool, spent: Duration) -> Patience {
    if age < LAST_FROM || age >= UNTIL {
        return Patience::Enough;
    }
    let redelivered_in = SignedDuration::try_from(REDELIVERED_AFTER.saturating_sub(spent)).unwrap_or_default();
    let is_last = age + redelivered_in >= UNTIL;
    let looked_again = spent >= PAUSE;
    let is_worth_a_pause = is_last || (streamed && !looked_again);
    if is_worth_a_pause && spent + PAUSE <= LOOKS_UNTIL { Patience::Pause } else { Patience::ComeAgain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_waited_for_by_its_age() {
        for (age, streamed, spent, expected) in [
            (60, false, 0, Patience::Enough),
            (60, true, 0, Patience::Enough),
            (139, true, 0, Patience::Enough),
            (150, false, 0, Patience::ComeAgain),
            (150, true, 0, Patience::Pause),
            (152, true, 2, Patience::ComeAgain),
            (169, false, 0, Patience::ComeAgain),
            (170, false, 0, Patience::Pause),
            (172, false, 2, Patience::Pause),
            (174, true, 4, Patience::Pause),
            (176, true, 6, Patience::ComeAgain),
            (178, true, 4, Patience::Enough),
            (400, true, 0, Patience::Enough),
        ] {
            let found = patience(SignedDuration::from_secs(age), streamed, Duration::from_secs(spent));
            assert_eq!(found, expected, "{age} s old, streamed {streamed}, after {spent} s");
        }
    }

    /// Whenever the last message arrives and however the session is used, no more than the visibility time-out goes by without a look,
    /// until there is nothing left to see.
    #[test]
    fn looks_are_close_until_the_end() {
        // In tenths of a second.
        for (start, streamed) in (1500_u32..1780).flat_map(|start| [(start, false), (start, true)]) {
            let (mut begun, mut now, mut looks) = (start, start, vec![start]);
            loop {
                let age = SignedDuration::from_millis(i64::from(now) * 100);
                let spent = Duration::from_millis(u64::from(now - begun) * 100);
                match patience(age, streamed, spent) {
                    Patience::Enough => break,
                    Patience::Pause => now += 20,
                    Patience::ComeAgain => (begun, now) = (begun + 80, begun + 80),
                }
                looks.push(now);
            }
            assert!(looks.windows(2).all(|pair| pair[1] - pair[0] <= 80), "{looks:?}");
            assert!(looks.last().is_some_and(|last| *last >= 1780), "{looks:?}");
        }
    }
}
