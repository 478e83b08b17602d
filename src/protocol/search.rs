//! Searching bytes.

/// Where the first byte of a kind stands. Rows of bytes are looked at at once, which takes a processor hardly longer than
/// one byte: byte by byte, such searches were half the work of a long line.
pub fn find_byte(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let passed = without::<16>(bytes, &wanted);
    let within = bytes[passed..].iter().position(|byte| wanted(*byte))?;
    Some(passed + within)
}

/// How many bytes the rows take that hold none, up to the first that does.
fn without<const ROW: usize>(bytes: &[u8], wanted: &impl Fn(u8) -> bool) -> usize {
    let (rows, _) = bytes.as_chunks::<ROW>();
    let holds_one = |row: &[u8; ROW]| row.iter().fold(false, |any, byte| any | wanted(*byte));
    ROW * rows.iter().position(holds_one).unwrap_or(rows.len())
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
