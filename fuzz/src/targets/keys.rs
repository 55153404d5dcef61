//! Key files: whatever text they hold, a key that is taken is the same key when it is written and read again.

use crate::{Outcome, Target};
use gauntlet_package::keys::{PublicKey, SigningKey, TestKey, check_signature_form};

/// The target.
pub const TARGET: Target = Target {
    name: "keys",
    run,
    seeds,
    words: &[
        b"-----BEGIN EC PRIVATE KEY-----\n",
        b"-----END EC PRIVATE KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\n",
        b"-----BEGIN ",
        b"-----",
        b"ENCRYPTED",
        b"=",
        b"\n",
    ],
    max_len: 1200,
};

fn run(input: &[u8]) -> Outcome {
    if let Some(bytes) = input.first_chunk::<64>() {
        let _ = check_signature_form(bytes);
        if let Ok(key) = PublicKey::from_le_bytes(bytes) {
            assert_eq!(&key.to_le_bytes(), bytes);
        }
    }
    let text = String::from_utf8_lossy(input);
    let public = PublicKey::from_pem(&text);
    if let Ok(key) = &public {
        assert_eq!(PublicKey::from_pem(&key.to_pem()).ok(), Some(*key));
        assert_eq!(PublicKey::from_le_bytes(&key.to_le_bytes()).ok(), Some(*key));
    }
    let signing = SigningKey::from_pem(&text);
    if let Ok(key) = &signing {
        assert_eq!(
            SigningKey::from_pem(&key.to_pem()).ok().map(|key| key.to_le_bytes()),
            Some(key.to_le_bytes())
        );
    }
    // Labels in messages are text of the input: only the kind counts.
    let kind = |error: &gauntlet_package::keys::KeyError| std::mem::discriminant(error);
    Outcome::of(&(public.as_ref().map_err(kind).map(drop), signing.as_ref().map_err(kind).map(drop)))
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for key in [TestKey::Release, TestKey::Other] {
        let key = key.signing_key();
        let (private, public) = (key.to_pem(), key.public_key().to_pem());
        seeds.push(format!(
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{private}"
        ));
        seeds.push(private.replace('\n', "\r\n"));
        seeds.push(private.replace("EC PRIVATE KEY", "PRIVATE KEY"));
        seeds.push(private.replace("EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
        seeds.push(private.replace("EC PRIVATE KEY", "RSA PRIVATE KEY"));
        seeds.push(format!("{public}{private}"));
        seeds.push(private);
        seeds.push(public);
    }
    let mut seeds: Vec<Vec<u8>> = seeds.into_iter().map(String::into_bytes).collect();
    seeds.push(TestKey::Release.signing_key().public_key_le().to_vec());
    seeds
}
