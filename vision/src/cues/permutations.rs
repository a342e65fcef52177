//! Other orders of the same colours: drawn from a seed, and those that are closest to the real one.

/// `count` random orders of `items`, none of them equal to the given one. Fewer when the items hardly differ.
pub(super) fn other_orders<T: Clone + PartialEq>(items: &[T], count: usize, seed: u64) -> Vec<Vec<T>> {
    let mut state = seed;
    let mut orders = Vec::with_capacity(count);
    for _ in 0..count.saturating_mul(4) {
        if orders.len() == count {
            break;
        }
        let mut order = items.to_vec();
        for end in (1..order.len()).rev() {
            order.swap(end, draw(&mut state, end + 1));
        }
        if order != items {
            orders.push(order);
        }
    }
    orders
}

/// Every order that exchanges two of `items` or moves all of them round by some places, where that makes a difference. A recording
/// with such an order resembles the real one most, the second kind because it looks like a delay.
pub(super) fn close_orders<T: Clone + PartialEq>(items: &[T]) -> Vec<Vec<T>> {
    let exchanged = (0..items.len()).flat_map(|one| {
        (0..one).map(move |other| {
            let mut order = items.to_vec();
            order.swap(one, other);
            order
        })
    });
    let rotated = (1..items.len()).map(|places| {
        let mut order = items.to_vec();
        order.rotate_left(places);
        order
    });
    exchanged.chain(rotated).filter(|order| order != items).collect()
}

/// A number below `bound`, by SplitMix64 (Steele, Lea, Flood 2014). The bias of the remainder is below one in 10^17 here.
#[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
fn draw(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn orders_are_permutations_other_than_the_given_one_and_follow_the_seed() {
        let items = [1, 2, 3, 4, 5, 6, 7];
        let orders = other_orders(&items, 80, 7);
        assert_eq!(orders.len(), 80);
        for order in &orders {
            assert_ne!(order.as_slice(), items);
            assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), items.into_iter().collect());
        }
        assert!(orders.iter().collect::<BTreeSet<_>>().len() > 70, "they differ");
        assert_eq!(orders, other_orders(&items, 80, 7));
        assert_ne!(orders, other_orders(&items, 80, 8));
    }

    #[test]
    fn close_orders_exchange_two_or_move_all() {
        assert_eq!(
            close_orders(&[1, 2, 3]),
            [vec![2, 1, 3], vec![3, 2, 1], vec![1, 3, 2], vec![2, 3, 1], vec![3, 1, 2]],
            "three exchanges and two turns"
        );
        assert_eq!(close_orders(&[1, 1]), Vec::<Vec<i32>>::new());
    }

    #[test]
    fn all_places_are_taken_about_equally_often() {
        let mut firsts = [0_u32; 5];
        for order in other_orders(&[0_usize, 1, 2, 3, 4], 5000, 3) {
            firsts[order[0]] += 1;
        }
        assert!(firsts.iter().all(|&times| (800..1200).contains(&times)), "{firsts:?}");
    }

    #[test]
    fn equal_items_have_no_other_order() {
        assert_eq!(other_orders(&[1, 1, 1], 10, 0), Vec::<Vec<i32>>::new());
        assert_eq!(other_orders::<i32>(&[], 10, 0), Vec::<Vec<i32>>::new());
    }
}
