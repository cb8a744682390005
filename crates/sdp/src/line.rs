//! Lines in and out: the scanner that borrows lines from the input, and the writer that keeps a value on one.

use std::fmt;
use std::str::FromStr;

use crate::parse_error::{ParseError, ParseErrorKind};

/// The longest input that is read: 1 MiB (2^20 bytes).
pub const MAX_INPUT_LEN: usize = 1 << 20;
/// The most lines that are read, empty ones included. A conference of 500 m-sections has about 30,000.
pub const MAX_LINES: u32 = 32_768;
/// The longest line that is read: 16 KiB without its line end. The longest that browsers send are below 1 KiB.
pub const MAX_LINE_LEN: usize = 16 * 1024;
/// The most m-sections that are read.
pub const MAX_MEDIA_SECTIONS: usize = 1024;

/// One line, `<letter>=<value>`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) number: u32,
    pub(crate) letter: char,
    pub(crate) value: &'a str,
}

impl Line<'_> {
    pub(crate) fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { line: self.number, kind }
    }

    pub(crate) fn unexpected(&self) -> ParseError {
        self.error(ParseErrorKind::Unexpected(self.letter))
    }
}

/// Reads lines from the input once, front to back, and looks one line ahead.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    rest: &'a str,
    number: u32,
    /// What is wrong with a line is told when it is its turn, so that the first error is the one reported.
    ahead: Result<Option<Line<'a>>, ParseError>,
}

impl<'a> Scanner<'a> {
    /// Fails on an input that is too long.
    pub(crate) fn new(input: &'a str) -> Result<Self, ParseError> {
        if input.len() > MAX_INPUT_LEN {
            return Err(ParseError { line: 1, kind: ParseErrorKind::TooLong });
        }
        let mut scanner = Self { rest: input, number: 0, ahead: Ok(None) };
        scanner.ahead = scanner.scan();
        Ok(scanner)
    }

    /// The next line, which stays.
    pub(crate) fn peek(&self) -> Result<Option<Line<'a>>, ParseError> {
        self.ahead
    }

    /// Takes the next line.
    pub(crate) fn next(&mut self) -> Result<Option<Line<'a>>, ParseError> {
        let line = self.ahead?;
        self.ahead = self.scan();
        Ok(line)
    }

    /// Takes the next line if it has this letter.
    pub(crate) fn next_if(&mut self, letter: char) -> Result<Option<Line<'a>>, ParseError> {
        if self.ahead?.is_some_and(|line| line.letter == letter) { self.next() } else { Ok(None) }
    }

    /// Takes the next line, which must have this letter.
    pub(crate) fn expect(&mut self, letter: char) -> Result<Line<'a>, ParseError> {
        let number = self.ahead?.map_or(self.number + 1, |line| line.number);
        self.next_if(letter)?.ok_or(ParseError { line: number, kind: ParseErrorKind::Expected(letter) })
    }

    /// RFC 8866 section 5 asks for CRLF and lets a parser accept LF. Empty lines, as text editors and template
    /// strings leave them, are passed over.
    fn scan(&mut self) -> Result<Option<Line<'a>>, ParseError> {
        while !self.rest.is_empty() {
            let (text, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            let text = text.strip_suffix('\r').unwrap_or(text);
            self.number += 1;
            self.rest = rest;
            let error = |kind| Err(ParseError { line: self.number, kind });
            if self.number > MAX_LINES {
                return error(ParseErrorKind::TooManyLines);
            }
            if text.len() > MAX_LINE_LEN {
                return error(ParseErrorKind::LineTooLong);
            }
            // RFC 8866 section 9, byte-string: any byte except NUL, CR and LF.
            if text.bytes().any(|byte| byte == 0 || byte == b'\r') {
                return error(ParseErrorKind::ForbiddenCharacter);
            }
            if text.is_empty() {
                continue;
            }
            let mut characters = text.chars();
            return match (characters.next(), characters.next()) {
                (Some(letter), Some('=')) if letter.is_ascii_alphabetic() => {
                    Ok(Some(Line { number: self.number, letter, value: characters.as_str() }))
                }
                _ => error(ParseErrorKind::NotALine),
            };
        }
        Ok(None)
    }
}

/// The fields of a value. More than one space between fields is tolerated, as browsers do.
pub(crate) fn fields(value: &str) -> impl Iterator<Item = &str> {
    value.split(' ').filter(|field| !field.is_empty())
}

/// The first field, and everything behind it as it is but for the spaces between.
pub(crate) fn first_field(value: &str) -> (&str, &str) {
    let (first, rest) = value.split_once(' ').unwrap_or((value, ""));
    (first, rest.trim_start_matches(' '))
}

/// A number of decimal digits only: no sign, no white space.
pub(crate) fn number<T: FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// An RTP payload type: 7 bits (RFC 3550 section 5.1).
pub(crate) fn payload_type(text: &str) -> Option<u8> {
    number(text).filter(|&value| value <= 127)
}

/// Passes on what is written to it without CR, LF and NUL, so that no value can become a second line.
pub(crate) struct OneLine<'a, W: fmt::Write>(pub(crate) &'a mut W);

impl<W: fmt::Write> fmt::Write for OneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split(['\r', '\n', '\0']) {
            self.0.write_str(part)?;
        }
        Ok(())
    }
}

/// Writes `<letter>=<value>` CRLF.
pub(crate) fn write_line(f: &mut fmt::Formatter<'_>, letter: char, value: &dyn fmt::Display) -> fmt::Result {
    fmt::Write::write_fmt(&mut OneLine(f), format_args!("{letter}={value}"))?;
    f.write_str("\r\n")
}

/// Writes ` <text>` for each text.
pub(crate) fn write_fields(f: &mut dyn fmt::Write, texts: &[String]) -> fmt::Result {
    texts.iter().try_for_each(|text| write!(f, " {text}"))
}
