//! Idempotency keys, as stores keep them.

use uuid::Uuid;

/// An idempotency key as a store keeps it: sixteen bytes, and a digest of what was asked under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key, scoped to its target.
    pub id: Uuid,
    /// What was asked: the same key with another digest is [`AppendError::KeyReused`](crate::AppendError::KeyReused).
    pub digest: Uuid,
}

/// The namespace under which keys and digests are hashed; changing it would forget every key ever stored.
const KEYS: Uuid = Uuid::from_u128(0x6d0f_3a52_8f0b_4a5e_9f6c_1c52_b7e4_90d3);

impl Key {
    /// The key that a caller gave for a target, with the bytes that say what is asked (a command's name and JSON).
    ///
    /// Both are hashed as UUIDs of version 5 (RFC 9562): SHA-1, cut to 122 bits.
    #[must_use]
    pub fn given(target: &str, key: &str, asked: &[u8]) -> Self {
        let scope = Uuid::new_v5(&KEYS, target.as_bytes());
        Self {
            id: Uuid::new_v5(&scope, key.as_bytes()),
            digest: Uuid::new_v5(&KEYS, asked),
        }
    }

    /// A key that nobody else has, which makes resending one request safe. Where [a check says where its first event
    /// would stand](crate::Append::stamp), a store need not keep it.
    #[must_use]
    pub fn unique(id: Uuid) -> Self {
        Self {
            id,
            digest: Uuid::nil(),
        }
    }

    /// Whether it is [a key that nobody else has](Self::unique).
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.digest.is_nil()
    }
}
