//! Keys in all their forms.

mod support;

use gauntlet_package::keys::{
    KeyError, PublicKey, SignatureError, SigningKey, TestKey, check_signature_form, swap_halves,
};
use support::{bytes, data, hex, index, text};

const FILES: [(TestKey, &str); 2] =
    [(TestKey::Release, "keys/TEST-ONLY-signing-key-a"), (TestKey::Other, "keys/TEST-ONLY-signing-key-b")];

#[test]
fn the_named_test_keys_are_those_of_the_vectors() {
    for ((key, file), expected) in FILES.into_iter().zip(index("keys")) {
        let named = key.signing_key();
        let loaded = SigningKey::load(&data(&format!("{file}.pem"))).unwrap();
        assert_eq!(named.public_key(), loaded.public_key());
        assert_eq!(named.sign(b"x"), loaded.sign(b"x"));
        let public = PublicKey::load(&data(&format!("{file}.pub.pem"))).unwrap();
        assert_eq!(public, named.public_key());
        assert_eq!(public.to_le_bytes()[..], hex(text(&expected, "bootloader_pk_le_hex")));
        assert_eq!(PublicKey::from_le_bytes(&named.public_key_le()).unwrap(), public);
        assert_eq!(key.name().parse(), Ok(key));
    }
    assert!("release-key".parse::<TestKey>().is_err());
}

/// Appendix B of the specification: RFC 6979 signatures are the same everywhere.
#[test]
fn the_reference_signature() {
    let scalar = hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    let key = SigningKey::from_scalar(&scalar.try_into().unwrap()).unwrap();
    let pk = "b69ff2602e6269e66cfa613b92b849c0686d35c674eb61c9319d5a25bad4fe60\
              992246d494c2a377519f7e2d0cb2f1f264bc2856e9e91aa499bcb80810fe0379";
    assert_eq!(key.public_key_le()[..], hex(pk));
    let init_command =
        hex("080210341a028002200028003000388827422408031220105b8a4e8758c83f5e43838d1777ff8142787b7a2a267d\
         ee782505f15f855c1b4800520408011200");
    let signature = "521ca2c7dd5aea5c2ed38b1bf6dafe0587b9c3493acff623d868b0b564122244\
                     f3d96f24e8c04d1036bb753fcc42986fdeacbadbbdef4c8a6a2495b8fb162b06";
    assert_eq!(key.sign(&init_command)[..], hex(signature));
    assert_eq!(key.public_key().verify(&init_command, &hex(signature)), Ok(()));
}

#[test]
fn a_wrong_signature_says_what_is_wrong() {
    let key = TestKey::Release.signing_key();
    let public = key.public_key();
    let good = key.sign(b"message");
    assert_eq!(public.verify(b"message", &good), Ok(()));
    assert_eq!(public.verify(b"massage", &good), Err(SignatureError::Mismatch));
    assert_eq!(public.verify(b"message", &swap_halves(&good)), Err(SignatureError::Mismatch));
    assert_eq!(public.verify(b"message", &good[..63]), Err(SignatureError::Length { found: 63 }));
    assert_eq!(check_signature_form(&[0; 64]), Err(SignatureError::OutOfRange));
    assert_eq!(check_signature_form(&[0xFF; 64]), Err(SignatureError::OutOfRange));
}

#[test]
fn the_private_number_is_never_shown() {
    assert_eq!(format!("{:?}", TestKey::Release.signing_key()), "SigningKey(..)");
}

fn pem(label: &str, der_base64: &str) -> String {
    format!("-----BEGIN {label}-----\n{der_base64}\n-----END {label}-----\n")
}

#[test]
fn pkcs8_and_a_leading_parameters_block_are_taken() {
    let sec1 = String::from_utf8(bytes("keys/TEST-ONLY-signing-key-a.pem")).unwrap();
    let with_parameters = format!("{}{sec1}", pem("EC PARAMETERS", "BggqhkjOPQMBBw=="));
    let release = TestKey::Release.signing_key().public_key();
    assert_eq!(SigningKey::from_pem(&with_parameters).unwrap().public_key(), release);
    assert_eq!(SigningKey::from_pem(&sec1.replace('\n', "\r\n")).unwrap().public_key(), release);
    assert_eq!(SigningKey::from_pem(PKCS8_A).unwrap().public_key(), release);
    assert_eq!(PublicKey::from_pem(PKCS8_A).unwrap(), release);
}

#[test]
fn what_is_not_a_p256_key_is_refused_by_name() {
    for (text, curve) in [
        (SECP256K1, "on the curve secp256k1"),
        (P384, "on the curve P-384"),
        (ED25519, "an Ed25519 key"),
        (RSA_HEADER, "an RSA key"),
    ] {
        let error = SigningKey::from_pem(text).unwrap_err();
        assert!(matches!(error, KeyError::OtherCurve { found } if found == curve), "{error}");
    }
    assert!(matches!(SigningKey::from_pem("no key"), Err(KeyError::NotPem)));
    let encrypted = pem("ENCRYPTED PRIVATE KEY", "MAA=");
    assert!(matches!(SigningKey::from_pem(&encrypted), Err(KeyError::Encrypted)));
    let damaged = pem("EC PRIVATE KEY", "MAA=");
    assert!(matches!(SigningKey::from_pem(&damaged), Err(KeyError::Malformed)));
    let public = String::from_utf8(bytes("keys/TEST-ONLY-signing-key-a.pub.pem")).unwrap();
    let error = SigningKey::from_pem(&public).unwrap_err();
    assert_eq!(error.to_string(), "a signing key is needed, but the file holds `PUBLIC KEY`");
    assert!(matches!(SigningKey::load(&data("keys/none.pem")), Err(KeyError::Read { .. })));
    assert!(matches!(PublicKey::from_le_bytes(&[1; 64]), Err(KeyError::NotAPoint)));
}

/// The release key as PKCS#8.
const PKCS8_A: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSTnLiMda3DyrHKKO
8szVBdj8JVlJy7Psn6trhpxOpq+hRANCAASNYwcdbZ9mwMwnhlQmIBR+3p/KbxNQ
kRLeenxuJcOqPFbSYpnEyetG4MX/SlzwQ1PQ/wiiial1qrRbEC5Mqn7i
-----END PRIVATE KEY-----
";

const SECP256K1: &str = "-----BEGIN EC PRIVATE KEY-----
MHQCAQEEIGb6kkQ+rLR/VAnyfswiUr5Rcjqb+AKkqq31aYC4Zbn+oAcGBSuBBAAK
oUQDQgAEd+/x6TR4tAQjfrj1Zfb4MDhTaLuetnasTc4XiT8KHmQXh2wWkpbpB78m
FC4TPNMrTIJJdQyIQQOd9kK74wEBKw==
-----END EC PRIVATE KEY-----
";

const P384: &str = "-----BEGIN EC PRIVATE KEY-----
MIGkAgEBBDDRbUch8YSh1KKiz5pxxgp8/BBwK++AX/HJnDcGTiXY1xHkRnTcxOAz
Tt+yuJ3wFyOgBwYFK4EEACKhZANiAASZ4fJOqPt2QKEXmmIQ8gdeUT45XtERebIJ
GtuW2NV9cq0+0jK3ugMQ1xf5uKNV0LiALpfgrKnGlLXoQ4hpBXcoBJ3Hvsg96rS1
hApCPD96w2+fLxZE/dNaJstHzkl4xDs=
-----END EC PRIVATE KEY-----
";

const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIOPbZW1/nCkAyxMNM0Va17OWTU9RWfB5MqhNmdGuzJJd
-----END PRIVATE KEY-----
";

const RSA_HEADER: &str = "-----BEGIN RSA PRIVATE KEY-----
MAA=
-----END RSA PRIVATE KEY-----
";

#[test]
fn keys_come_out_in_every_form_of_nrfutil() {
    for (letter, key) in [("a", TestKey::Release), ("b", TestKey::Other)] {
        let theirs = |end: &str| {
            String::from_utf8(support::bytes(&format!("keys/TEST-ONLY-signing-key-{letter}{end}"))).unwrap()
        };
        let key = key.signing_key();
        // nrfutil breaks the lines elsewhere.
        let joined = |text: &str| text.split('\n').collect::<String>();
        assert_eq!(joined(&key.to_pem()), joined(&theirs(".pem")), "{letter}");
        assert_eq!(key.to_pem().len(), 227);
        assert_eq!(SigningKey::from_pem(&key.to_pem()).unwrap().to_le_bytes(), key.to_le_bytes());
        let public = key.public_key();
        assert_eq!(joined(&public.to_pem()), joined(&theirs(".pub.pem")), "{letter}");
        let code = public.to_code(false);
        let behind = |text: &str| text[text.find("#include").unwrap()..].trim_end().to_owned();
        assert_eq!(behind(&code), behind(&theirs(".pub.c.txt")), "{letter}");
        let debug = public.to_code(true);
        assert!(debug.contains("#ifdef NRF_DFU_DEBUG_VERSION\n") && debug.ends_with("#endif\n"));
        let array = &code[code.find("/** @brief").unwrap()..];
        assert!(debug.contains(array));
    }
}
