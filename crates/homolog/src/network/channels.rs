//! Which of a stage's units belong to one channel.

use super::checked::Stage;

/// The units of a stage as channels at positions.
///
/// (channel, height, width) has its channels first; (token, channel) has them last and its tokens in one row; any other
/// shape counts every unit as a channel with one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelLayout {
    /// How many channels.
    pub n_channels: usize,
    /// Positions of each: (height, width).
    pub positions: [usize; 2],
    /// Which of the two neighbours in memory share.
    pub order: ChannelOrder,
}

/// What comes first in row-major order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    /// All positions of a channel are neighbours.
    ChannelsFirst,
    /// All channels of a position are neighbours.
    ChannelsLast,
}

impl Stage {
    /// Its channels and positions.
    pub fn channel_layout(&self) -> ChannelLayout {
        let (n_channels, positions, order) = match self.shape.as_slice() {
            [n_channels, height, width] => (*n_channels, [*height, *width], ChannelOrder::ChannelsFirst),
            [n_tokens, n_channels] => (*n_channels, [1, *n_tokens], ChannelOrder::ChannelsLast),
            shape => (shape.iter().product(), [1, 1], ChannelOrder::ChannelsFirst),
        };
        ChannelLayout { n_channels, positions, order }
    }
}

impl ChannelLayout {
    /// How many positions a channel has.
    pub fn n_positions(&self) -> usize {
        self.positions[0] * self.positions[1]
    }

    /// The channel of a unit, in row-major order of the stage's shape.
    pub fn channel(&self, unit: usize) -> usize {
        match self.order {
            ChannelOrder::ChannelsFirst => unit / self.n_positions().max(1),
            ChannelOrder::ChannelsLast => unit % self.n_channels.max(1),
        }
    }

    /// The unit of a channel at a position (rows first), in row-major order of the stage's shape.
    pub fn unit(&self, channel: usize, position: usize) -> usize {
        match self.order {
            ChannelOrder::ChannelsFirst => channel * self.n_positions() + position,
            ChannelOrder::ChannelsLast => position * self.n_channels + channel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(shape: &[usize]) -> ChannelLayout {
        let stage = Stage {
            name: String::new(),
            aliases: Vec::new(),
            operator: "Relu",
            value: String::new(),
            shape: shape.to_vec(),
            n_parameters: 0,
            receptive_field: None,
        };
        stage.channel_layout()
    }

    #[test]
    fn channels_come_first_in_images_and_last_in_tokens() {
        let image = layout(&[4, 2, 3]);
        assert_eq!((image.n_channels, image.positions, image.unit(1, 4)), (4, [2, 3], 10));
        let tokens = layout(&[5, 7]);
        assert_eq!((tokens.n_channels, tokens.positions, tokens.unit(1, 4)), (7, [1, 5], 29));
        for layout in [image, tokens] {
            assert!((0..24).all(|unit| layout.unit(layout.channel(unit), 0) <= unit));
            assert_eq!(layout.channel(layout.unit(3, 2)), 3);
        }
        let flat = layout(&[6]);
        assert_eq!((flat.n_channels, flat.positions, flat.unit(5, 0)), (6, [1, 1], 5));
    }
}
