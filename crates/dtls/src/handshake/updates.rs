//! KeyUpdate ([RFC 9147, section 8](https://www.rfc-editor.org/rfc/rfc9147#section-8)).

use super::flight::Item;
use super::protection13;
use crate::key_schedule::hkdf13::TrafficSecret;
use crate::message::{Alert, Message, Refusal, kind};
use crate::record::Records;

/// The first epoch of the application (RFC 9147, section 6.1).
pub(crate) const FIRST_EPOCH: u64 = 3;
/// RFC 9147, section 8: epochs end here.
const MAX_EPOCH: u64 = (1 << 48) - 1;

/// The application's secrets in both directions.
pub(crate) struct Updates {
    read: TrafficSecret,
    read_epoch: u64,
    write: TrafficSecret,
    write_epoch: u64,
    is_wanted: bool,
    /// A KeyUpdate of ours waits for its acknowledgement: its keys are not used before.
    is_pending: bool,
}

impl Updates {
    pub(crate) fn new(read: TrafficSecret, write: TrafficSecret) -> Updates {
        Updates {
            read,
            read_epoch: FIRST_EPOCH,
            write,
            write_epoch: FIRST_EPOCH,
            is_wanted: false,
            is_pending: false,
        }
    }

    pub(crate) fn read_epoch(&self) -> u64 {
        self.read_epoch
    }

    /// The peer's: it writes with the next keys from now on. Records of the epoch before may still be on their way.
    pub(crate) fn handle(&mut self, message: &Message, records: &mut Records) -> Result<(), Refusal> {
        match message.body[..] {
            [0] => {}
            // However often it asks, one update of ours is under way at a time.
            [1] => self.is_wanted = true,
            [_] => return Err(Alert::IllegalParameter.into()),
            _ => return Err(Alert::DecodeError.into()),
        }
        if self.read_epoch == MAX_EPOCH {
            return Err(Alert::UnexpectedMessage.into());
        }
        self.read = self.read.next();
        self.read_epoch += 1;
        records.install_read(self.read_epoch, protection13(&self.read)?);
        Ok(())
    }

    pub(crate) fn want(&mut self) {
        self.is_wanted = !self.is_pending && self.write_epoch < MAX_EPOCH;
    }

    /// Our KeyUpdate, if one is wanted and none under way. It asks nothing of the peer: update_not_requested.
    pub(crate) fn begin(&mut self, number: u16) -> Option<Item> {
        if !self.is_wanted || self.is_pending {
            return None;
        }
        self.is_wanted = false;
        self.is_pending = true;
        let message = Message::new(kind::KEY_UPDATE, number, vec![0]);
        Some(Item::Message { epoch: self.write_epoch, message })
    }

    /// What was said last was acknowledged.
    pub(crate) fn acknowledged(&mut self, records: &mut Records) -> Result<(), Refusal> {
        if std::mem::take(&mut self.is_pending) {
            self.write = self.write.next();
            self.write_epoch += 1;
            records.install_write(self.write_epoch, protection13(&self.write)?);
        }
        Ok(())
    }
}
