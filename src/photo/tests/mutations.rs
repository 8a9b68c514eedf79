//! Damaged and hostile files: no panic, same length, and nothing left for a second call.

use bytes::Bytes;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::sample::Index;

use super::{fixtures, samples};
use crate::photo::{PhotoRules, admit};

#[derive(Clone, Copy, Debug)]
enum Damage {
    Set(Index, u8),
    Number(Index, u32),
    Copy(Index, Index, usize),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        2 => (place(), prop_oneof![Just(0), Just(u32::MAX), 0_u32..512]).prop_map(|(at, n)| Damage::Number(at, n)),
        2 => (place(), place(), 1_usize..64).prop_map(|(from, to, length)| Damage::Copy(from, to, length)),
        1 => place().prop_map(Damage::Cut),
    ]
}

fn apply(file: &mut Vec<u8>, damage: Damage) {
    match damage {
        Damage::Set(at, byte) => {
            let at = at.index(file.len());
            file[at] = byte;
        }
        Damage::Number(at, number) => {
            let at = at.index(file.len());
            for (place, byte) in file[at..].iter_mut().zip(number.to_be_bytes()) {
                *place = byte;
            }
        }
        Damage::Copy(from, to, length) => {
            let from = from.index(file.len());
            let part: Vec<u8> = file[from..].iter().take(length).copied().collect();
            let to = to.index(file.len());
            for (place, byte) in file[to..].iter_mut().zip(part) {
                *place = byte;
            }
        }
        Damage::Cut(at) => file.truncate(at.index(file.len()).max(1)),
    }
}

fn any_photo() -> impl Strategy<Value = Vec<u8>> {
    let mut files: Vec<Vec<u8>> = fixtures().iter().map(|(_, file)| file.to_vec()).collect();
    files.extend(samples::all().into_iter().map(|(_, file)| file));
    prop::sample::select(files)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_photo_is_refused_or_blanked_for_good(
        file in any_photo(),
        damages in prop::collection::vec(damage(), 1..8),
    ) {
        let mut file = file;
        for damage in damages {
            apply(&mut file, damage);
        }
        let file = Bytes::from(file);
        if let Ok(photo) = admit(file.clone(), &PhotoRules::default()) {
            prop_assert_eq!(photo.bytes.len(), file.len());
            prop_assert_eq!(photo.position_blanked, photo.bytes != file);
            let again = admit(photo.bytes.clone(), &PhotoRules::default());
            prop_assert!(again.is_ok_and(|again| !again.position_blanked && again.bytes == photo.bytes));
        }
    }

    #[test]
    fn noise_behind_a_photo_is_not_altered(noise in prop::collection::vec(any::<u8>(), 0..4096)) {
        let file = Bytes::from(samples::jpeg(&[], &noise));
        let photo = admit(file.clone(), &PhotoRules::default()).expect("a photo");
        prop_assert_eq!(photo.bytes, file);
    }
}
