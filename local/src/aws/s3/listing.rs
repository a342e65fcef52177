//! Cuts a page out of a bucket's keys: prefix, delimiter and continuation (`API_ListObjectsV2`). Pure: keys in order in, a page out.

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) objects: Vec<T>,
    /// What the keys begin with up to the delimiter, each said once.
    pub(super) common_prefixes: Vec<String>,
    /// Where the next page goes on: the last key or common prefix of this one. Nothing when this is the last page.
    pub(super) next: Option<String>,
}

/// Where a page begins and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut<'a> {
    pub(super) prefix: &'a str,
    pub(super) delimiter: Option<&'a str>,
    /// Only what comes after this key or common prefix.
    pub(super) after: Option<&'a str>,
    /// At most so many objects and common prefixes together.
    pub(super) most: usize,
}

/// Cuts the page. `items` are in the order of their keys.
pub(super) fn page<T>(items: impl IntoIterator<Item = T>, key_of: impl Fn(&T) -> &str, cut: Cut<'_>) -> Page<T> {
    let mut page = Page { objects: Vec::new(), common_prefixes: Vec::new(), next: None };
    let mut last: Option<String> = None;
    for item in items {
        let key = key_of(&item);
        let Some(rest) = key.strip_prefix(cut.prefix) else { continue };
        let common = cut.delimiter.filter(|delimiter| !delimiter.is_empty()).and_then(|delimiter| {
            let (folder, _) = rest.split_once(delimiter)?;
            Some(format!("{}{folder}{delimiter}", cut.prefix))
        });
        // A common prefix is one entry: said already on this page, or on the page before, which may have ended with it.
        let name = common.as_deref().unwrap_or(key);
        if cut.after.is_some_and(|after| name <= after) || (common.is_some() && last == common) {
            continue;
        }
        if page.objects.len() + page.common_prefixes.len() >= cut.most {
            page.next = last;
            return page;
        }
        last = Some(name.to_owned());
        match common {
            Some(common) => page.common_prefixes.push(common),
            None => page.objects.push(item),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 7] = ["a", "b/1", "b/2", "b/c/3", "bb", "d/4", "e"];

    fn cut(prefix: &'static str, delimiter: Option<&'static str>, after: Option<&'static str>, most: usize) -> Page<&'static str> {
        page(KEYS, |key| key, Cut { prefix, delimiter, after, most })
    }

    fn expected(objects: &[&'static str], common: &[&str], next: Option<&str>) -> Page<&'static str> {
        Page { objects: objects.to_vec(), common_prefixes: common.iter().map(ToString::to_string).collect(), next: next.map(str::to_owned) }
    }

    #[test]
    fn pages_are_cut_as_s3_cuts_them() {
        let cases = [
            ("everything", cut("", None, None, 1000), expected(&KEYS, &[], None)),
            ("a prefix", cut("b/", None, None, 1000), expected(&["b/1", "b/2", "b/c/3"], &[], None)),
            ("folders", cut("", Some("/"), None, 1000), expected(&["a", "bb", "e"], &["b/", "d/"], None)),
            ("folders of a folder", cut("b/", Some("/"), None, 1000), expected(&["b/1", "b/2"], &["b/c/"], None)),
            ("a first page", cut("", None, None, 2), expected(&["a", "b/1"], &[], Some("b/1"))),
            ("its continuation", cut("", None, Some("b/1"), 2), expected(&["b/2", "b/c/3"], &[], Some("b/c/3"))),
            ("a page that ends with a folder", cut("", Some("/"), None, 2), expected(&["a"], &["b/"], Some("b/"))),
            ("does not say the folder again", cut("", Some("/"), Some("b/"), 2), expected(&["bb"], &["d/"], Some("d/"))),
            ("the last page is the last", cut("", Some("/"), Some("d/"), 2), expected(&["e"], &[], None)),
            ("exactly full is not truncated", cut("b/", None, None, 3), expected(&["b/1", "b/2", "b/c/3"], &[], None)),
            ("nothing there", cut("x", None, None, 1000), expected(&[], &[], None)),
            ("no room", cut("", None, None, 0), expected(&[], &[], None)),
        ];
        for (name, found, expected) in cases {
            assert_eq!(found, expected, "{name}");
        }
    }
}
