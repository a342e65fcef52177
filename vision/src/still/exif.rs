//! The orientation out of an EXIF block (Exif 2.32, section 4.6.4: tag 0x0112 of the 0th IFD of a TIFF structure).

/// What has to be done with the stored rows to stand the picture upright: read it mirrored or from below, and columns as rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Orientation {
    pub(super) mirrored: bool,
    pub(super) upside_down: bool,
    pub(super) transposed: bool,
}

const ORIENTATION: u16 = 0x0112;

/// The orientation that a block states; none where it states none of the eight.
pub(super) fn orientation(exif: &[u8]) -> Option<Orientation> {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let little = match tiff.first_chunk()? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        usize::try_from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    };
    let directory = long(4)?;
    let entries = usize::from(short(directory)?);
    let mut places = (0..entries).filter_map(|number| directory.checked_add(2 + 12 * number));
    let place = places.find(|&place| short(place) == Some(ORIENTATION))?;
    let (mirrored, upside_down, transposed) = match short(place.checked_add(8)?)? {
        1 => (false, false, false),
        2 => (true, false, false),
        3 => (true, true, false),
        4 => (false, true, false),
        5 => (false, false, true),
        6 => (true, false, true),
        7 => (true, true, true),
        8 => (false, true, true),
        _ => return None,
    };
    Some(Orientation { mirrored, upside_down, transposed })
}
