//! Records: which epochs can be written and read.

mod ciphertext12;
mod ciphertext13;
mod limits;
mod plaintext;
mod replay;

pub(crate) use ciphertext12::Protection12;
pub(crate) use ciphertext13::{ProtectionKeys, Sealed13};
pub(crate) use limits::{Limits, MAX_PLAINTEXT, MIN_LIMIT, most};
pub(crate) use plaintext::{ContentType, Headed, Record, next_record};

use crate::crypto::Refused;
use crate::event::Version;
use plaintext::{HEADER, MAX_SEQUENCE, write_header};
use replay::ReplayWindow;

/// Of 1.3.
pub(crate) const HANDSHAKE_EPOCH: u64 = 2;

/// After so many records an epoch of 1.3 should end, and after twice as many it does: AES-GCM keeps its promise for
/// 2^24.5 (RFC 9147, section 4.5.3).
const REKEY_AFTER: u64 = 1 << 23;
const MAX_RECORDS_13: u64 = 1 << 24;
/// After so many records that were not authentic a connection ends (RFC 9147, section 4.5.3).
const MAX_FORGED: u64 = 1 << 36;
/// Epochs that can be read or written at a time: the one in the clear, the handshake's, and two of the application's.
const MAX_EPOCHS: usize = 4;

/// A record's number (RFC 9147, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordNumber {
    pub(crate) epoch: u64,
    pub(crate) sequence: u64,
}

/// How the records of an epoch are protected.
pub(crate) enum Protection {
    V12(Protection12),
    V13(Box<ProtectionKeys>),
}

struct WriteEpoch {
    epoch: u64,
    next: u64,
    protection: Option<Protection>,
}

struct ReadEpoch {
    epoch: u64,
    window: ReplayWindow,
    forged: u64,
    protection: Protection,
}

/// What was in a protected record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) kind: ContentType,
    pub(crate) number: RecordNumber,
}

/// Why a record gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// There are no keys of its epoch.
    UnknownEpoch,
    /// It came before, or is older than what is remembered.
    Replayed,
    /// It is longer than what we take.
    TooLong,
    /// It is not authentic.
    Forged,
    /// It is not authentic, and there have been so many that the key is not safe any more.
    TooManyForged,
}

/// What an end can write and read.
pub(crate) struct Records {
    write: Vec<WriteEpoch>,
    read: Vec<ReadEpoch>,
    /// How long what is protected may be, where both ends have said it.
    limits: Option<Limits>,
}

impl Records {
    /// Nothing but what is in the clear.
    pub(crate) fn new() -> Records {
        Records {
            write: vec![WriteEpoch { epoch: 0, next: 0, protection: None }],
            read: Vec::new(),
            limits: None,
        }
    }

    /// Forgets all keys, and what goes with them. The numbers of what is in the clear go on: the peer takes none twice.
    pub(crate) fn forget_keys(&mut self) {
        self.write.retain(|epoch| epoch.epoch == 0);
        self.read.clear();
        self.limits = None;
    }

    /// What both ends have said of the records to come, if they have.
    pub(crate) fn set_limits(&mut self, limits: Option<Limits>) {
        self.limits = limits;
    }

    /// Forgets the keys of a handshake of 1.3, which is over.
    pub(crate) fn forget_handshake(&mut self) {
        self.write.retain(|standing| standing.epoch != HANDSHAKE_EPOCH);
        self.read.retain(|standing| standing.epoch != HANDSHAKE_EPOCH);
    }

    pub(crate) fn install_write(&mut self, epoch: u64, protection: Protection) {
        self.write.retain(|standing| standing.epoch != epoch);
        if self.write.len() == MAX_EPOCHS {
            // The one in the clear stays: it is the first.
            self.write.remove(1);
        }
        self.write.reserve_exact(1);
        self.write.push(WriteEpoch { epoch, next: 0, protection: Some(protection) });
    }

    /// An older epoch with the same low bits cannot be told apart any more, and ends (RFC 9147, section 4.2.2).
    pub(crate) fn install_read(&mut self, epoch: u64, protection: Protection) {
        self.read.retain(|standing| standing.epoch & 3 != epoch & 3);
        if self.read.len() == MAX_EPOCHS - 1 {
            self.read.remove(0);
        }
        self.read.reserve_exact(1);
        self.read.push(ReadEpoch { epoch, window: ReplayWindow::default(), forged: 0, protection });
    }

    /// The latest epoch that is written.
    pub(crate) fn write_epoch(&self) -> u64 {
        self.write.last().map_or(0, |standing| standing.epoch)
    }

    /// Whether the latest epoch should end soon.
    pub(crate) fn should_rekey(&self) -> bool {
        self.write.last().is_some_and(|standing| {
            standing.next >= REKEY_AFTER && matches!(standing.protection, Some(Protection::V13(_)))
        })
    }

    /// As if `records` had gone out in the latest epoch, and come in.
    #[cfg(test)]
    pub(crate) fn pretend(&mut self, records: u64) {
        if let (Some(written), Some(read)) = (self.write.last_mut(), self.read.last_mut()) {
            written.next = records;
            read.window.take(records.saturating_sub(1));
        }
    }

    /// How much longer a record of that epoch is than what it carries.
    pub(crate) fn overhead(&self, epoch: u64) -> usize {
        let standing = self.write.iter().find(|standing| standing.epoch == epoch);
        match standing.and_then(|standing| standing.protection.as_ref()) {
            None => HEADER,
            Some(Protection::V12(protection)) => protection.overhead(),
            Some(Protection::V13(_)) => ProtectionKeys::OVERHEAD,
        }
    }

    /// The longest content of a record of that epoch. What is in the clear has the protocol's limit alone (RFC 8449,
    /// section 4).
    pub(crate) fn max_content(&self, epoch: u64) -> usize {
        let standing = self.write.iter().rev().find(|standing| standing.epoch == epoch);
        let version = standing.and_then(|standing| standing.protection.as_ref()).map(Protection::version);
        self.limits.zip(version).map_or(MAX_PLAINTEXT, |(limits, version)| limits.sent(version))
    }

    /// The same of what is written now, where the peer has said it.
    pub(crate) fn told_max_content(&self) -> Option<usize> {
        self.limits.map(|_| self.max_content(self.write_epoch()))
    }

    /// Appends one record with all of `pieces`.
    ///
    /// # Errors
    /// There is no such epoch, it has written as many records as it may, or the peer takes none that is as long. Nothing
    /// is appended.
    pub(crate) fn write(
        &mut self,
        epoch: u64,
        kind: ContentType,
        pieces: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<RecordNumber, Refused> {
        if pieces.iter().map(|piece| piece.len()).sum::<usize>() > self.max_content(epoch) {
            return Err(Refused);
        }
        let standing = self.write.iter_mut().rev().find(|standing| standing.epoch == epoch).ok_or(Refused)?;
        let sequence = standing.next;
        let start = out.len();
        let result = match &standing.protection {
            None if sequence > MAX_SEQUENCE => Err(Refused),
            None => {
                write_header(out, kind, 0, sequence, pieces.iter().map(|piece| piece.len()).sum());
                pieces.iter().for_each(|piece| out.extend_from_slice(piece));
                Ok(())
            }
            Some(Protection::V12(protection)) => protection.seal(kind, (epoch as u16, sequence), pieces, out),
            Some(Protection::V13(_)) if sequence >= MAX_RECORDS_13 => Err(Refused),
            Some(Protection::V13(keys)) => keys.seal(kind, (epoch, sequence), pieces, out),
        };
        if result.is_err() {
            out.truncate(start);
        }
        result?;
        standing.next += 1;
        Ok(RecordNumber { epoch, sequence })
    }

    /// Appends a ChangeCipherSpec of 1.2.
    pub(crate) fn write_change_cipher_spec(&mut self, out: &mut Vec<u8>) {
        if let Some(clear) = self.write.first_mut() {
            ciphertext12::write_change_cipher_spec(out, clear.next);
            clear.next += 1;
        }
    }

    /// Appends what a protected record of 1.2 carries.
    pub(crate) fn open12(&mut self, record: &Headed<'_>, out: &mut Vec<u8>) -> Result<Opened, Unopened> {
        let standing = self.read.iter_mut().find(|standing| standing.epoch == u64::from(record.epoch));
        let standing = standing.ok_or(Unopened::UnknownEpoch)?;
        let Protection::V12(protection) = &standing.protection else { return Err(Unopened::UnknownEpoch) };
        if !standing.window.is_new(record.sequence) {
            return Err(Unopened::Replayed);
        }
        // RFC 8449, section 4: in DTLS, a record that is too long may be discarded. Whoever sent it, it ends nothing.
        if protection.content_length(record) > taken(self.limits, Version::Dtls12) {
            return Err(Unopened::TooLong);
        }
        match protection.open(record, out) {
            Ok(()) => Ok(standing.take(record.kind, record.sequence)),
            Err(Refused) => Err(standing.count_forged()),
        }
    }

    /// Appends what a protected record of 1.3 carries.
    pub(crate) fn open13(&mut self, record: &Sealed13<'_>, out: &mut Vec<u8>) -> Result<Opened, Unopened> {
        let standing = self.read.iter_mut().rev().find(|standing| standing.epoch & 3 == record.epoch_bits());
        let standing = standing.ok_or(Unopened::UnknownEpoch)?;
        let Protection::V13(keys) = &standing.protection else { return Err(Unopened::UnknownEpoch) };
        let sequence = keys.number(record, standing.window.next()).map_err(|_| Unopened::Forged)?;
        if !standing.window.is_new(sequence) {
            return Err(Unopened::Replayed);
        }
        if record.content_length() > taken(self.limits, Version::Dtls13) {
            return Err(Unopened::TooLong);
        }
        match keys.open(record, sequence, out) {
            Ok(kind) => Ok(standing.take(kind, sequence)),
            Err(Refused) => Err(standing.count_forged()),
        }
    }
}

impl Protection {
    fn version(&self) -> Version {
        match self {
            Protection::V12(_) => Version::Dtls12,
            Protection::V13(_) => Version::Dtls13,
        }
    }
}

/// The longest content of a protected record that we take.
fn taken(limits: Option<Limits>, version: Version) -> usize {
    limits.map_or(MAX_PLAINTEXT, |limits| limits.taken(version))
}

impl ReadEpoch {
    fn take(&mut self, kind: ContentType, sequence: u64) -> Opened {
        self.window.take(sequence);
        Opened { kind, number: RecordNumber { epoch: self.epoch, sequence } }
    }

    fn count_forged(&mut self) -> Unopened {
        self.forged += 1;
        if self.forged >= MAX_FORGED { Unopened::TooManyForged } else { Unopened::Forged }
    }
}
