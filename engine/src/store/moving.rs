//! Moving a whole store into another kind of store: what the stream between them is made of.
//!
//! The stream says what it is and ends with a seal under the master key over all of its bytes, so that one that was cut
//! off, changed or belongs to somebody else is known for that. Rows travel as they are stored: histories stay chained
//! and values sealed. [`SqliteStore::export`](super::sqlite::SqliteStore::export) writes it,
//! [`PostgresStore::import`](super::postgres::PostgresStore::import) reads it.

use super::StoreError;
use crate::clock::Micros;
use crate::vault::Vault;
use ordain_proto::history::v1 as wire;
use ordain_proto::history::v1::frame::Part;
use prost::Message as _;
use sha2::{Digest, Sha256};
use std::fmt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What every stream begins with.
const MAGIC: &[u8] = b"ordain export 1\n";
/// No row of a store comes near it; a length beyond is not one of ours.
const FRAME_MAX: usize = 64 << 20;
/// So often whoever waits is told how far it is.
pub(super) const TELL_EVERY: u64 = 1000;

/// Names one export of a store. The same one as long as nobody has served the store since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportId(pub [u8; 16]);

/// How far it is: frames so far, and in all.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// What was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Which export.
    pub export: ExportId,
    /// Rows of all tables.
    pub frames: u64,
    /// When the source was given up, by its machine's clock; what was imported was read whole before.
    pub at: Micros,
    /// It had been moved before, and nothing was changed now.
    pub before: bool,
}

/// Why a store was not moved. Nothing was changed in the target; a source is marked as moved only with its last row
/// written, and may be exported again.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream cannot be read or written.
    #[error("the stream broke off")]
    Stream(#[from] std::io::Error),
    /// The stream is not what it should be.
    #[error("this stream cannot be imported: {0}")]
    Stranger(String),
    /// It is good, and this target is not for it.
    #[error("cannot import into this store: {0}")]
    Target(String),
}

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl ExportId {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Writes a stream.
pub(super) struct FrameWriter<'a, W> {
    out: &'a mut W,
    digest: Sha256,
}

impl<'a, W: AsyncWrite + Unpin> FrameWriter<'a, W> {
    pub(super) async fn begin(out: &'a mut W, opening: wire::Opening) -> Result<Self, MoveError> {
        let mut writer = Self { out, digest: Sha256::new() };
        writer.bytes(MAGIC).await?;
        writer.frame(Part::Opening(opening)).await?;
        Ok(writer)
    }

    pub(super) async fn frame(&mut self, part: Part) -> Result<(), MoveError> {
        let frame = wire::Frame { part: Some(part) }.encode_to_vec();
        let length = u32::try_from(frame.len()).ok().filter(|length| *length as usize <= FRAME_MAX);
        let length = length.ok_or_else(|| StoreError::Corrupt(format!("a row of {} bytes", frame.len())))?;
        self.bytes(&length.to_be_bytes()).await?;
        self.bytes(&frame).await
    }

    /// Everything but the end has left this process when it returns.
    pub(super) async fn flush(&mut self) -> Result<(), MoveError> {
        Ok(self.out.flush().await?)
    }

    pub(super) async fn end(mut self, vault: &Vault) -> Result<(), MoveError> {
        let seal = seal(vault, &self.digest);
        self.frame(Part::Ending(wire::Ending { seal })).await?;
        self.out.flush().await?;
        Ok(self.out.shutdown().await?)
    }

    async fn bytes(&mut self, bytes: &[u8]) -> Result<(), MoveError> {
        self.digest.update(bytes);
        Ok(self.out.write_all(bytes).await?)
    }
}

/// Reads a stream. Its bytes are a stranger's until its end has been read.
pub(super) struct FrameReader<'a, R> {
    from: &'a mut R,
    digest: Sha256,
    /// Frames that are still to come before the end.
    left: u64,
}

impl<'a, R: AsyncRead + Unpin> FrameReader<'a, R> {
    pub(super) async fn begin(from: &'a mut R) -> Result<(Self, wire::Opening), MoveError> {
        let mut reader = Self { from, digest: Sha256::new(), left: 0 };
        let magic = reader.bytes(MAGIC.len()).await?;
        if magic != MAGIC {
            return Err(stranger("it does not begin as `ordain export` of this version begins"));
        }
        let Part::Opening(opening) = reader.frame().await? else {
            return Err(stranger("it has no opening"));
        };
        reader.left = opening.frames;
        Ok((reader, opening))
    }

    /// The next row, or none when the stream has come to its end, whole and genuine.
    pub(super) async fn next(&mut self, vault: &Vault) -> Result<Option<Part>, MoveError> {
        let before = self.digest.clone();
        match (self.frame().await?, self.left) {
            (Part::Ending(ending), 0) => {
                let nothing_follows = self.from.read(&mut [0]).await? == 0;
                let genuine = nothing_follows && ending.seal == seal(vault, &before);
                if genuine { Ok(None) } else { Err(stranger("its bytes are not those that were exported")) }
            }
            (Part::Opening(_) | Part::Ending(_), _) | (_, 0) => Err(stranger("its rows do not add up")),
            (part, _) => {
                self.left -= 1;
                Ok(Some(part))
            }
        }
    }

    async fn frame(&mut self) -> Result<Part, MoveError> {
        let length = self.bytes(4).await?;
        let length = u32::from_be_bytes(length.try_into().expect("four bytes were asked for")) as usize;
        if length > FRAME_MAX {
            return Err(stranger("a row is larger than any that was exported"));
        }
        let frame = self.bytes(length).await?;
        let frame = wire::Frame::decode(&frame[..]).map_err(|_| stranger("a row does not read"))?;
        frame.part.ok_or_else(|| stranger("it has rows that this build does not know"))
    }

    async fn bytes(&mut self, count: usize) -> Result<Vec<u8>, MoveError> {
        // Read as it comes: what a stranger says of its size is not believed with memory.
        let mut bytes = Vec::new();
        (&mut *self.from).take(count as u64).read_to_end(&mut bytes).await?;
        if bytes.len() < count {
            return Err(stranger("it was cut off before its end"));
        }
        self.digest.update(&bytes);
        Ok(bytes)
    }
}

fn seal(vault: &Vault, digest: &Sha256) -> Vec<u8> {
    vault.fingerprint(&[b"export".as_slice(), &digest.clone().finalize()].concat())
}

pub(super) fn stranger(why: &str) -> MoveError {
    MoveError::Stranger(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{FrameReader, FrameWriter, MoveError, Vault, wire};
    use ordain_proto::history::v1::frame::Part;

    fn key() -> Part {
        Part::Key(wire::MovedKey { run: vec![1; 16], wrapped: vec![2; 60] })
    }

    /// Two rows.
    async fn stream(vault: &Vault) -> Vec<u8> {
        let mut out = Vec::new();
        let opening = wire::Opening { frames: 2, ..wire::Opening::default() };
        let mut writer = FrameWriter::begin(&mut out, opening).await.expect("memory");
        writer.frame(key()).await.expect("memory");
        writer.frame(key()).await.expect("memory");
        writer.end(vault).await.expect("memory");
        out
    }

    async fn rows(mut bytes: &[u8], vault: &Vault) -> Result<usize, MoveError> {
        let (mut reader, _) = FrameReader::begin(&mut bytes).await?;
        let mut rows = 0;
        while reader.next(vault).await?.is_some() {
            rows += 1;
        }
        Ok(rows)
    }

    #[tokio::test]
    async fn a_stream_reads_back_and_no_other_one_does() {
        let vault = Vault::new(&[7; 32]);
        let whole = stream(&vault).await;
        assert_eq!(rows(&whole, &vault).await.expect("whole"), 2);
        for end in 0..whole.len() {
            assert!(rows(&whole[..end], &vault).await.is_err(), "cut off after {end} bytes");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 4;
            assert!(rows(&changed, &vault).await.is_err(), "changed at {at}");
        }
        assert!(rows(&[&whole[..], b"!"].concat(), &vault).await.is_err(), "something follows");
        assert!(rows(&whole, &Vault::new(&[8; 32])).await.is_err(), "another master key");
    }
}
