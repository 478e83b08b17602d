//! Searching bytes.

use std::ops::RangeInclusive;

/// Bytes that a processor looks at in one step.
const ROW: usize = 16;

/// Where the first byte outside of a range stands. Rows of bytes are looked at at once, which takes a processor hardly
/// longer than one byte: byte by byte, such searches were half the work of a long line.
// Inline, so that each range is a constant where it is looked for.
#[inline(always)]
pub fn find_outside(bytes: &[u8], range: RangeInclusive<u8>) -> Option<usize> {
    let far = within::<{ 4 * ROW }>(bytes, &range);
    let passed = far + within::<ROW>(&bytes[far..], &range);
    let rest = &bytes[passed..];
    // What is left of a text that holds none is looked at in one step, too, with some of what stands before it.
    if rest.len() < ROW
        && bytes
            .last_chunk()
            .is_some_and(|row| is_within::<ROW>(row, &range))
    {
        return None;
    }
    let found = rest.iter().position(|byte| !range.contains(byte))?;
    Some(passed + found)
}

/// How many bytes the blocks take that are within the range, up to the first that is not.
fn within<const BLOCK: usize>(bytes: &[u8], range: &RangeInclusive<u8>) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let first = blocks.iter().position(|block| !is_within(block, range));
    BLOCK * first.unwrap_or(blocks.len())
}

/// Whether so many bytes, whole rows of them, are within the range: of each column the least and the greatest tell.
fn is_within<const BLOCK: usize>(block: &[u8; BLOCK], range: &RangeInclusive<u8>) -> bool {
    let (mut least, mut greatest) = ([u8::MAX; ROW], [u8::MIN; ROW]);
    for row in block.as_chunks::<ROW>().0 {
        for ((least, greatest), byte) in least.iter_mut().zip(&mut greatest).zip(row) {
            *least = (*least).min(*byte);
            *greatest = (*greatest).max(*byte);
        }
    }
    let columns = least.iter().zip(&greatest);
    columns.fold(true, |within, (least, greatest)| {
        within & (least >= range.start()) & (greatest <= range.end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_outside_of_a_range_is_found_wherever_it_stands() {
        for outside in [b'\n', b' ' - 1, b'~' + 1, u8::MAX] {
            for length in 0..200 {
                let mut bytes: Vec<u8> = (b' '..=b'~').cycle().take(length).collect();
                assert_eq!(find_outside(&bytes, b' '..=b'~'), None);
                for at in (0..length).rev() {
                    bytes[at] = outside;
                    assert_eq!(find_outside(&bytes, b' '..=b'~'), Some(at));
                }
            }
        }
    }
}
