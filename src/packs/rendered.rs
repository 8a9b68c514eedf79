//! An answer made once and sent many times: filtered, built from the allow-list, compressed, tagged.

use std::io::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};

use crate::objects;
use crate::upstream::UpstreamError;

const COMPRESS_FROM_BYTES: usize = 1024;

/// Which packs end users see: the operator's list, or all that are not unlisted.
#[derive(Clone, Debug, Default)]
pub struct PackRules {
    /// Ids or slugs; empty: no list.
    pub allow: Vec<String>,
}

impl PackRules {
    /// Whether end users see (and may run) this pack.
    pub fn shows(&self, pack: &Map<String, Value>) -> bool {
        if self.allow.is_empty() {
            return !objects::is_unlisted(pack);
        }
        let (id, slug) = objects::pack_names(pack);
        let id = id.map(|id| id.to_string());
        self.allow
            .iter()
            .any(|allowed| Some(allowed.as_str()) == id.as_deref() || Some(allowed.as_str()) == slug)
    }
}

/// What clients get, ready to send.
#[derive(Debug)]
pub struct Rendered {
    /// Weak, since it stands for both forms.
    pub etag: String,
    /// The JSON text.
    pub plain: Bytes,
    /// The same, gzipped; `None` where that would not pay.
    pub gzip: Option<Bytes>,
}

impl Rendered {
    /// From a list of packs, or from one pack (`None`: end users do not see it).
    ///
    /// # Errors
    /// [`UpstreamError::Unreadable`]: the reply is no such thing.
    pub fn make(reply: &Value, rules: &PackRules) -> Result<Option<Self>, UpstreamError> {
        let shown = match reply {
            Value::Array(list) => {
                let packs: Option<Vec<&Map<String, Value>>> = list.iter().map(Value::as_object).collect();
                let packs = packs.ok_or(UpstreamError::Unreadable)?;
                Value::Array(
                    packs.into_iter().filter(|pack| rules.shows(pack)).map(objects::show_pack).collect(),
                )
            }
            Value::Object(pack) if pack.contains_key("id") => {
                if !rules.shows(pack) {
                    return Ok(None);
                }
                objects::show_pack(pack)
            }
            _ => return Err(UpstreamError::Unreadable),
        };
        let plain = serde_json::to_vec(&shown).map_err(|_| UpstreamError::Unreadable)?;
        Ok(Some(Self::of(plain)))
    }

    /// From a text that is shown as it is.
    pub fn of(plain: Vec<u8>) -> Self {
        let etag =
            digest(&SHA256, &plain).as_ref().iter().take(12).fold(String::from("W/\""), |mut tag, byte| {
                use std::fmt::Write as _;
                let _ = write!(tag, "{byte:02x}");
                tag
            }) + "\"";
        Self { etag, gzip: gzip(&plain), plain: plain.into() }
    }

    /// Bytes that the cache accounts for this.
    pub fn size_bytes(&self) -> usize {
        self.plain.len() + self.gzip.as_ref().map_or(0, Bytes::len) + self.etag.len()
    }
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    if plain.len() < COMPRESS_FROM_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < plain.len()).then(|| packed.into())
}
