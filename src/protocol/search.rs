//! Searching bytes.

/// Bytes that a processor looks at in one step.
const ROW: usize = 16;

/// Where the first byte of a kind stands. Rows of bytes are looked at at once, which takes a processor hardly longer than
/// one byte: byte by byte, such searches were half the work of a long line.
pub fn find_byte(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let far = without::<{ 4 * ROW }>(bytes, &wanted);
    let passed = far + without::<ROW>(&bytes[far..], &wanted);
    let rest = &bytes[passed..];
    // What is left of a text that holds none is looked at in one step, too, with some of what stands before it.
    if rest.len() < ROW
        && bytes
            .last_chunk()
            .is_some_and(|row| !holds_one::<ROW>(row, &wanted))
    {
        return None;
    }
    let within = rest.iter().position(|byte| wanted(*byte))?;
    Some(passed + within)
}

/// How many bytes the blocks take that hold none, up to the first that does.
fn without<const BLOCK: usize>(bytes: &[u8], wanted: &impl Fn(u8) -> bool) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let first = blocks.iter().position(|block| holds_one(block, wanted));
    BLOCK * first.unwrap_or(blocks.len())
}

/// Whether one is among so many bytes, whole rows of them: the rows are laid over each other, and what comes of that is
/// looked at once.
fn holds_one<const BLOCK: usize>(block: &[u8; BLOCK], wanted: &impl Fn(u8) -> bool) -> bool {
    let mut overlay = [false; ROW];
    for row in block.as_chunks::<ROW>().0 {
        for (found, byte) in overlay.iter_mut().zip(row) {
            *found |= wanted(*byte);
        }
    }
    overlay.iter().fold(false, |any, found| any | found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_is_found_wherever_it_stands() {
        for length in 0..200 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(find_byte(&bytes, |byte| byte == b'\n'), None);
            for at in (0..length).rev() {
                bytes[at] = b'\n';
                assert_eq!(find_byte(&bytes, |byte| byte == b'\n'), Some(at));
            }
        }
    }
}
