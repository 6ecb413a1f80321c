//! AES-256 in CBC with PKCS#7, with keys and vectors as PHP's OpenSSL takes them: filled up with zeros, or cut.
//!
//! This hides and proves nothing: a flipped bit of the vector flips one of the text, unseen. So a message that comes from
//! outside holds a proof, and proof and padding are asked for at once ([`Opened::before`]). Told apart, the two would
//! give the text away to whoever may ask often enough.

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};

/// Bytes of a block, and of a vector.
pub(crate) const BLOCK: usize = 16;

/// What was decrypted, with its padding or with what stands in its place.
pub(crate) struct Opened(Vec<u8>);

/// Encrypts.
pub(crate) fn seal(key: &[u8], vector: &[u8], plain: &[u8]) -> Vec<u8> {
    cbc::Encryptor::<Aes256>::new(&fitted(key).into(), &fitted(vector).into())
        .encrypt_padded_vec::<Pkcs7>(plain)
}

/// Decrypts; none if these are no whole blocks.
pub(crate) fn open(key: &[u8], vector: &[u8], sealed: &[u8]) -> Option<Opened> {
    let bytes = cbc::Decryptor::<Aes256>::new(&fitted(key).into(), &fitted(vector).into())
        .decrypt_padded_vec::<NoPadding>(sealed);
    bytes.ok().filter(|bytes| !bytes.is_empty()).map(Opened)
}

impl Opened {
    /// What stands before this proof, if it is there and the padding is right. The time tells neither of the two.
    pub(crate) fn before(&self, proof: &[u8]) -> Option<&[u8]> {
        let (mut found, mut at) = (Choice::from(0), 0_u32);
        for (offset, window) in (0_u32..).zip(self.0.windows(proof.len())) {
            let here = window.ct_eq(proof);
            at.conditional_assign(&offset, here);
            found |= here;
        }
        let before = self.0.get(..usize::try_from(at).ok()?);
        before.filter(|_| bool::from(found & is_padded(&self.0)))
    }

    /// What was encrypted, for whoever holds the key and may know why it does not open.
    pub(crate) fn plain(mut self) -> Option<Vec<u8>> {
        let is_padded = bool::from(is_padded(&self.0));
        let padding = usize::from(*self.0.last()?);
        self.0.truncate(self.0.len().checked_sub(padding)?);
        is_padded.then_some(self.0)
    }
}

/// Whether the last block ends as PKCS#7 wants, in a time that does not depend on how it ends.
fn is_padded(plain: &[u8]) -> Choice {
    let count = plain.last().copied().unwrap_or(0);
    let sane = count.ct_gt(&0) & !count.ct_gt(&16);
    (0_u8..16)
        .zip(plain.iter().rev())
        .fold(sane, |padded, (back, byte)| padded & (byte.ct_eq(&count) | !count.ct_gt(&back)))
}

fn fitted<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Opened, is_padded, open, seal};

    #[test]
    fn block_is_that_of_nist_sp_800_38a() {
        let bytes = |hex: &str| -> Vec<u8> {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
            (0..hex.len()).step_by(2).map(byte).collect()
        };
        let key = bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let vector = bytes("000102030405060708090a0b0c0d0e0f");
        let sealed = seal(&key, &vector, &bytes("6bc1bee22e409f96e93d7e117393172a"));
        assert_eq!(sealed[..BLOCK], bytes("f58c4c04d6e5f1ba779eabfb5f7bfbd6"));
    }

    #[test]
    fn keys_and_vectors_are_filled_up_with_zeros_or_cut() {
        let short = seal(b"key", b"vector", b"text");
        assert_eq!(
            short,
            seal(&[b"key".as_slice(), &[0; 29]].concat(), b"vector\0\0\0\0\0\0\0\0\0\0", b"text")
        );
        let long = [7; 40];
        assert_eq!(seal(&long, &long, b"text"), seal(&long[..32], &long[..BLOCK], b"text"));
    }

    #[test]
    fn what_was_sealed_opens_and_what_was_not_does_not() {
        for plain in ["", "text", "sixteen letters!", "seventeen letters"] {
            let opened = open(b"key", b"vector", &seal(b"key", b"vector", plain.as_bytes())).expect("blocks");
            assert_eq!(opened.plain().as_deref(), Some(plain.as_bytes()));
        }
        for no_blocks in [&[][..], &[1; 15], &[1; 17]] {
            assert!(open(b"key", b"vector", no_blocks).is_none());
        }
        let other = open(b"another", b"vector", &seal(b"key", b"vector", b"text")).expect("blocks");
        assert_eq!(other.plain(), None);
    }

    #[test]
    fn nothing_stands_before_a_proof_that_is_not_there_or_in_what_is_not_padded() {
        let opened = |plain: &[u8]| open(b"key", b"vector", &seal(b"key", b"vector", plain)).expect("blocks");
        assert_eq!(opened(b"order:proof:rest").before(b":proof:"), Some(&b"order"[..]));
        assert_eq!(opened(b":proof:").before(b":proof:"), Some(&b""[..]));
        for none in [&b"order:prooF:rest"[..], b"order:proof", b""] {
            assert_eq!(opened(none).before(b":proof:"), None);
        }
        let broken = Opened(b"order:proof:rest".to_vec());
        assert_eq!(broken.before(b":proof:"), None, "its last block ends in no padding");
        assert_eq!(opened(b"text").before(b"longer than everything that was sealed here"), None);
    }

    #[test]
    fn padding_is_so_many_bytes_of_that_number() {
        let ends = |end: &[u8]| bool::from(is_padded(&[&[9; 20][..], end].concat()));
        assert!(ends(&[1]) && ends(&[2, 2]) && ends(&[16; 16]));
        assert!(!ends(&[0]) && !ends(&[3, 2]) && !ends(&[1, 3, 3]) && !ends(&[17; 17]));
    }
}
