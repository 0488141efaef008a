//! Types that the vendor has retired: what it sells no more, as far as it has said so.
//!
//! From its page "Retired instance types" (55263), to which the pages on the modify calls refer, as it stood about
//! 2020. What was retired since is not known here and counts as on sale.

use super::id::TypeName;

/// Generation I, and later families that followed it: gone everywhere.
const OVER: [&str; 14] = [
    "t1", "s1", "s2", "s3", "m1", "m2", "c1", "c2", "c4", "ce4", "cm4", "gn4", "ga1", "sccgn6ne",
];

/// Gone from the Chinese site and still sold on the international one.
const ABROAD: [&str; 5] = ["sn1", "sn2", "n1", "n2", "e3"];

/// Where a type can still be bought; what comes later is sold in fewer places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sale {
    /// Everywhere, as far as is known.
    Open,
    /// On the international site only.
    Abroad,
    /// Nowhere any more.
    Over,
}

impl Sale {
    /// Of this type, by its family: `s2` of `ecs.s2.large`, `gn4` of `ecs.gn4-c4g1.xlarge`.
    #[must_use]
    pub fn of(name: &TypeName) -> Self {
        let family = name.as_str().split('.').nth(1).unwrap_or_default();
        let family = family.split('-').next().unwrap_or_default();
        if OVER.contains(&family) {
            Self::Over
        } else if ABROAD.contains(&family) {
            Self::Abroad
        } else {
            Self::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_from_those_that_are_named_like_it() {
        for (name, sale) in [
            ("ecs.t1.small", Sale::Over),
            ("ecs.s2.2xlarge", Sale::Over),
            ("ecs.gn4-c4g1.xlarge", Sale::Over),
            ("ecs.gn4.8xlarge", Sale::Over),
            ("ecs.n1.tiny", Sale::Abroad),
            ("ecs.sn1.medium", Sale::Abroad),
            ("ecs.sn1ne.large", Sale::Open),
            ("ecs.s6-c1m1.small", Sale::Open),
            ("ecs.t6-c1m1.large", Sale::Open),
            ("ecs.g7.large", Sale::Open),
            ("ecs.s2", Sale::Over),
            ("ecs.", Sale::Open),
        ] {
            let type_name = TypeName::new(name).expect("a type's name");
            assert_eq!(Sale::of(&type_name), sale, "{name}");
        }
    }
}
