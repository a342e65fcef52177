//! Error rates with bounds, areas under curves, quantiles.

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub of: usize,
    /// Of how many.
    pub all: usize,
}

impl Share {
    /// Counts what `holds` holds for.
    pub fn count<T>(items: impl IntoIterator<Item = T>, holds: impl Fn(T) -> bool) -> Self {
        let mut share = Self { of: 0, all: 0 };
        for item in items {
            share.all += 1;
            share.of += usize::from(holds(item));
        }
        share
    }

    /// 0-1; zero of none.
    pub fn value(self) -> f64 {
        self.of as f64 / self.all.max(1) as f64
    }

    /// The upper end of the one-sided 95 % interval of Clopper and Pearson: were the true rate higher, so few would be seen once in twenty times
    /// or less.
    pub fn upper(self) -> f64 {
        if self.of >= self.all {
            return 1.0;
        }
        let (mut low, mut high) = (self.value(), 1.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if at_most(self.of, self.all, middle) > 0.05 { low = middle } else { high = middle }
        }
        high
    }
}

/// The probability of at most `of` hits in `all` tries, each with `rate`.
fn at_most(of: usize, all: usize, rate: f64) -> f64 {
    if rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 {
        return if of >= all { 1.0 } else { 0.0 };
    }
    let mut log = all as f64 * (1.0 - rate).ln();
    let mut sum = log.exp();
    for hits in 1..=of {
        log += ((all - hits + 1) as f64 / hits as f64).ln() + (rate / (1.0 - rate)).ln();
        sum += log.exp();
    }
    sum.min(1.0)
}

/// How often a value of `high` exceeds one of `low`, ties counting half: the area under the ROC curve.
pub fn area(low: &[f32], high: &[f32]) -> f64 {
    let mut wins = 0.0;
    for one in high {
        for other in low {
            wins += if one > other {
                1.0
            } else if one < other {
                0.0
            } else {
                0.5
            };
        }
    }
    wins / (low.len() * high.len()).max(1) as f64
}

/// The value below which that share of the values lies; none of none.
pub fn quantile(values: &[f32], share: f32) -> Option<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = (share * sorted.len() as f32) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_bounds_are_those_of_the_tables() {
        // None of n: 1 - 0.05^(1/n), the rule of three. The others are from tables of the beta distribution.
        for (of, all, expected) in
            [(0, 100, 0.029_513), (0, 10, 0.258_866), (1, 100, 0.046_558), (5, 100, 0.102_257), (10, 20, 0.698_046), (20, 20, 1.0)]
        {
            let upper = Share { of, all }.upper();
            assert!((upper - expected).abs() < 1e-4, "{of} of {all}: {upper}");
        }
    }

    #[test]
    fn areas_and_quantiles() {
        assert!((area(&[1.0, 2.0], &[3.0, 4.0]) - 1.0).abs() < 1e-9);
        assert!((area(&[1.0, 3.0], &[2.0, 3.0]) - 0.625).abs() < 1e-9);
        assert_eq!((quantile(&[3.0, 1.0, 2.0], 0.5), quantile(&[], 0.5), quantile(&[5.0], 1.0)), (Some(2.0), None, Some(5.0)));
    }
}
