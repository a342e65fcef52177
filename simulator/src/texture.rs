//! A picture to be laid over a surface: linear light with a matte, in halving sizes, so that what is far away does not flicker.

/// Red, green and blue as linear light, 0-1, and how much is there.
pub(crate) type Texel = [f32; 4];

/// A picture in halving sizes, the largest one first.
#[derive(Debug, Clone)]
pub(crate) struct Texture {
    levels: Vec<Level>,
}

/// One size.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub(crate) width: usize,
    pub(crate) height: usize,
    texels: Vec<Texel>,
}

impl Texture {
    /// From rows of texels.
    pub(crate) fn new(width: usize, height: usize, texels: Vec<Texel>) -> Self {
        let mut levels = vec![Level { width, height, texels }];
        while let Some(half) = levels.last().and_then(Level::halved) {
            levels.push(half);
        }
        Self { levels }
    }

    /// One colour everywhere.
    pub(crate) fn plain(light: [f32; 3]) -> Self {
        Self::new(1, 1, vec![[light[0], light[1], light[2], 1.0]])
    }

    /// The size to use where a pixel of the picture spans so many texels.
    pub(crate) fn level(&self, texels_per_pixel: f32) -> &Level {
        let halvings = (texels_per_pixel.max(1.0).log2() + 0.3).floor() as usize;
        &self.levels[halvings.min(self.levels.len() - 1)]
    }

    pub(crate) fn full(&self) -> &Level {
        &self.levels[0]
    }

    /// The same picture with every texel changed.
    pub(crate) fn map(&self, change: impl Fn(usize, usize, Texel) -> Texel) -> Self {
        let Level { width, height, texels } = self.full();
        let changed = texels.iter().enumerate().map(|(at, &texel)| change(at % width, at / width, texel));
        Self::new(*width, *height, changed.collect())
    }
}

impl Level {
    /// Between the four nearest texels; u and v are fractions of the sides. The edge continues outside.
    #[inline]
    pub(crate) fn at(&self, u: f32, v: f32) -> Texel {
        let x = (u * self.width as f32 - 0.5).clamp(0.0, (self.width - 1) as f32);
        let y = (v * self.height as f32 - 0.5).clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (along, down) = (x - left as f32, y - top as f32);
        let row = |y: usize| {
            let (one, other) = (self.texels[y * self.width + left], self.texels[y * self.width + right]);
            std::array::from_fn::<f32, 4, _>(|channel| one[channel] + along * (other[channel] - one[channel]))
        };
        let (above, below) = (row(top), row(bottom));
        std::array::from_fn(|channel| above[channel] + down * (below[channel] - above[channel]))
    }

    fn halved(&self) -> Option<Self> {
        if self.width < 16 || self.height < 16 {
            return None;
        }
        let (width, height) = (self.width / 2, self.height / 2);
        let mut texels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(along, down)| self.texels[(2 * y + down) * self.width + 2 * x + along]);
                texels.push(std::array::from_fn(|channel| four.iter().map(|texel| texel[channel]).sum::<f32>() / 4.0));
            }
        }
        Some(Self { width, height, texels })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn between_texels_lies_their_mean_and_beyond_the_edge_the_edge() {
        let texture = Texture::new(2, 1, vec![[0.0, 0.0, 0.0, 1.0], [1.0, 0.5, 0.0, 1.0]]);
        let level = texture.full();
        assert_eq!(level.at(0.5, 0.5), [0.5, 0.25, 0.0, 1.0]);
        assert_eq!(level.at(-3.0, 0.5), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(level.at(3.0, 9.0), [1.0, 0.5, 0.0, 1.0]);
    }

    #[test]
    fn what_is_far_away_is_seen_in_a_smaller_size() {
        let texture = Texture::new(64, 64, vec![[0.25; 4]; 64 * 64]);
        assert_eq!([1.0, 2.0, 4.0, 100.0].map(|span| texture.level(span).width), [64, 32, 16, 8]);
        assert_eq!(texture.level(4.0).at(0.4, 0.9), [0.25; 4]);
    }
}
