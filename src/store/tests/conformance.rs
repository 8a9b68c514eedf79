//! The suite of ownership and of the ledger, in memory and in a file.

mod in_memory {
    use crate::clock::Clock;
    use crate::store::conformance::{Made, conformance};
    use crate::store::tests::{in_memory, made};

    async fn make(clock: Clock) -> Made {
        made(&in_memory(), clock, Box::new(())).await
    }

    conformance!(make);
}

mod in_a_file {
    use crate::clock::Clock;
    use crate::store::conformance::{Made, conformance};
    use crate::store::tests::{in_folder, made};

    async fn make(clock: Clock) -> Made {
        let folder = tempfile::tempdir().unwrap();
        made(&in_folder(&folder), clock, Box::new(folder)).await
    }

    conformance!(make);
}
