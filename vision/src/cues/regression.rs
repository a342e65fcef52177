//! How well the light on a face follows the colours of a screen. Slow changes (a camera finding its white balance) are taken out of
//! both as a cubic curve over time; what remains is compared at every delay that a slow machine may add.

/// The signals of a face: one value for each sample in each channel, without their slow changes.
#[derive(Debug, Clone)]
pub(super) struct Detrended {
    trend: Vec<Vec<f64>>,
    channels: Vec<Vec<f64>>,
    energy: f64,
}

/// The comparison at one delay, prepared so that it costs the same few sums for every order of the colours.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// For each channel, how much the signal moves with each colour of the sequence.
    along: Vec<Vec<f64>>,
    /// How much the colours of the sequence overlap each other in time.
    overlap: Vec<Vec<f64>>,
    energy: f64,
}

/// How well a signal follows, and how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// -1 to 1.
    pub(super) correlation: f64,
    /// Units of the signal for a unit of the colour.
    pub(super) slope: f64,
}

impl Detrended {
    /// `channels` hold one value for each of `times`.
    pub(super) fn new(times: &[f64], channels: &[Vec<f64>]) -> Self {
        let trend = cubic_basis(times);
        let channels: Vec<Vec<f64>> = channels.iter().map(|channel| without_trend(&trend, channel)).collect();
        let energy = channels.iter().flatten().map(|value| value * value).sum();
        Self { trend, channels, energy }
    }

    /// The signals that are compared.
    pub(super) fn channels(&self) -> &[Vec<f64>] {
        &self.channels
    }

    /// Other values over the same times, without their slow changes.
    pub(super) fn without_trend(&self, values: &[f64]) -> Vec<f64> {
        without_trend(&self.trend, values)
    }

    /// Prepares the comparison with a screen that shows `mixes`: for each sample the share of each colour of the sequence.
    pub(super) fn prepare(&self, mixes: &[Vec<f64>]) -> Prepared {
        let colors = mixes.first().map_or(0, Vec::len);
        let shares: Vec<Vec<f64>> = (0..colors)
            .map(|color| mixes.iter().map(|mix| mix.get(color).copied().unwrap_or(0.0)).collect::<Vec<f64>>())
            .map(|share| without_trend(&self.trend, &share))
            .collect();
        Prepared {
            along: self.channels.iter().map(|channel| shares.iter().map(|share| dot(channel, share)).collect()).collect(),
            overlap: shares.iter().map(|one| shares.iter().map(|other| dot(one, other)).collect()).collect(),
            energy: self.energy,
        }
    }
}

impl Prepared {
    /// Compares with a sequence: for each channel the value of each colour in it.
    pub(super) fn fit(&self, sequence: &[Vec<f64>]) -> Fit {
        let (mut together, mut expected) = (0.0, 0.0);
        for (along, values) in self.along.iter().zip(sequence) {
            together += dot(along, values);
            expected += self.overlap.iter().zip(values).map(|(row, value)| value * dot(row, values)).sum::<f64>();
        }
        let scale = (expected * self.energy).sqrt();
        // Where either side is flat there is nothing to follow.
        let correlation = if scale > 1e-12 { (together / scale).clamp(-1.0, 1.0) } else { 0.0 };
        Fit { correlation, slope: if expected > 1e-12 { together / expected } else { 0.0 } }
    }
}

/// Constant, line, parabola and cubic over `times`, made orthogonal to each other and of length one.
fn cubic_basis(times: &[f64]) -> Vec<Vec<f64>> {
    let (low, high) = times.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &at| (low.min(at), high.max(at)));
    let width = (high - low).max(1e-9);
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for power in 0..=3 {
        let curve: Vec<f64> = times.iter().map(|at| (2.0 * (at - low) / width - 1.0).powi(power)).collect();
        let rest = without_trend(&basis, &curve);
        let length = dot(&rest, &rest).sqrt();
        if length > 1e-9 {
            basis.push(rest.iter().map(|value| value / length).collect());
        }
    }
    basis
}

fn without_trend(basis: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let mut rest = values.to_vec();
    for curve in basis {
        let share = dot(curve, &rest);
        rest.iter_mut().zip(curve).for_each(|(value, curve)| *value -= share * curve);
    }
    rest
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn times() -> Vec<f64> {
        (0..60).map(|number| f64::from(number) * 66.0).collect()
    }

    #[test]
    fn a_cubic_disappears_and_what_is_faster_stays() {
        let times = times();
        let cubic: Vec<f64> = times.iter().map(|at| 3.0 - 0.01 * at + 2e-6 * at * at - 4e-10 * at * at * at).collect();
        assert!(Detrended::new(&times, &[cubic]).energy < 1e-12);
        let wave: Vec<f64> = times.iter().map(|at| (at / 150.0).sin()).collect();
        let kept = Detrended::new(&times, std::slice::from_ref(&wave)).energy / dot(&wave, &wave);
        assert!(kept > 0.8, "{kept}");
    }

    /// Four colours, 900 ms each.
    fn mixes() -> Vec<Vec<f64>> {
        times().iter().map(|at| (0..4).map(|color| f64::from(u8::from((at / 900.0).floor() == f64::from(color)))).collect()).collect()
    }

    #[test]
    fn what_follows_the_sequence_correlates_with_it_and_with_no_other() {
        let sequence = vec![vec![0.0, 1.0, -1.0, 0.5]];
        let follows: Vec<f64> = mixes().iter().map(|mix| 7.0 + 0.05 * dot(mix, &sequence[0])).collect();
        let prepared = Detrended::new(&times(), &[follows]).prepare(&mixes());
        let fit = prepared.fit(&sequence);
        assert!(fit.correlation > 0.999 && (fit.slope - 0.05).abs() < 1e-6, "{fit:?}");
        let reversed = prepared.fit(&[vec![0.5, -1.0, 1.0, 0.0]]);
        assert!(reversed.correlation < 0.0, "{reversed:?}");
    }

    #[test]
    fn a_flat_signal_and_a_flat_sequence_follow_nothing() {
        let nothing = Fit { correlation: 0.0, slope: 0.0 };
        let flat = Detrended::new(&times(), &[vec![1.0; 60]]).prepare(&mixes());
        assert_eq!(flat.fit(&[vec![0.0, 1.0, -1.0, 0.5]]).correlation, 0.0);
        let wave: Vec<f64> = times().iter().map(|at| (at / 300.0).sin()).collect();
        let prepared = Detrended::new(&times(), &[wave]).prepare(&mixes());
        assert_eq!(prepared.fit(&[vec![0.0; 4]]), nothing);
        assert_eq!(Detrended::new(&[], &[vec![]]).prepare(&[]).fit(&[vec![]]), nothing);
    }
}
