//! The lines of `/proc/PID/maps` and of `/proc/PID/task/TID/syscall`.

use crate::memory::Mapping;

/// Lines that cannot be read are left out.
pub(in crate::memory) fn parse(text: &str) -> Vec<Mapping> {
    text.lines().filter_map(line).collect()
}

/// `start-end rwxp offset device inode   path`; the path may hold blanks.
fn line(line: &str) -> Option<Mapping> {
    let mut rest = line;
    let mut word = || {
        let (word, behind) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        rest = behind;
        word
    };
    let (start, end) = word().split_once('-')?;
    let flags = word().as_bytes();
    let offset = hexadecimal(word())?;
    word();
    let inode = word().parse().ok()?;
    Some(Mapping {
        range: hexadecimal(start)?..hexadecimal(end)?,
        readable: flags.first() == Some(&b'r'),
        writable: flags.get(1) == Some(&b'w'),
        executable: flags.get(2) == Some(&b'x'),
        shared: flags.get(3) == Some(&b's'),
        offset,
        inode,
        path: rest.trim_start().to_owned(),
    })
}

/// The last word but one, if the thread does not run: `number arguments... stack program-counter`.
pub(super) fn stack_pointer(syscall: &str) -> Option<u64> {
    hexadecimal(syscall.split_whitespace().rev().nth(1)?.strip_prefix("0x")?)
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read() {
        let lines = "55d0c8a00000-55d0c8a21000 r-xp 00002000 fe:01 1234567    /opt/a b/plain (deleted)\n\
                     7f0000000000-7f0000001000 ---p 00000000 00:00 0 \n\
                     7f0000001000-7f0000002000 rw-s 00000000 00:00 0";
        let read = parse(lines);
        assert_eq!(read.len(), 3, "{read:?}");
        assert_eq!(read[0].path, "/opt/a b/plain (deleted)");
        assert_eq!((read[0].offset, read[0].inode), (0x2000, 1_234_567));
        assert!(read[0].readable && read[0].executable && !read[0].writable && !read[0].shared);
        assert!(!read[1].readable && read[1].path.is_empty());
        assert!(read[2].shared && read[2].writable);
        assert_eq!(read[2].range, 0x7f00_0000_1000..0x7f00_0000_2000);
    }

    #[test]
    fn what_is_no_line_is_left_out() {
        assert_eq!(parse("\n-\nx-y rw-p 0 0 0\n1-2\n1-2 r\n"), []);
    }

    #[test]
    fn a_waiting_thread_has_a_stack_pointer() {
        let waiting = "202 0x7f01 0x189 0x0 0x0 0x0 0xffffffff 0x7ffd10 0x7f0123\n";
        assert_eq!(stack_pointer(waiting), Some(0x7f_fd10));
        assert_eq!(stack_pointer("running\n"), None);
        assert_eq!(stack_pointer(""), None);
    }
}
