//! A browser's upload form, taken apart: `multipart/form-data` as RFC 7578 describes it, with the file as its last field ("POST Object" in the
//! Amazon S3 API Reference: "the file or content must be the last field in the form; any fields below it are ignored").

use bytes::Bytes;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

/// The fields before the file, and the file.
#[derive(Debug)]
pub(super) struct UploadForm {
    /// In the order of the form, the names in lower case: S3 does not tell `Key` from `key`.
    pub(super) fields: Vec<(String, String)>,
    pub(super) file: Bytes,
}

/// "The form data and boundaries (excluding the contents of the file) cannot exceed 20 KB" (S3 error code `MaxPostPreDataLengthExceededError`).
const LONGEST_FIELDS: usize = 20 * 1024;

/// One part of the body.
struct Part<'a> {
    name: String,
    file_name: Option<String>,
    content: &'a [u8],
}

impl UploadForm {
    /// Takes a body apart; `content_type` is its header.
    pub(super) fn parse(content_type: &str, body: &Bytes) -> S3Result<Self> {
        let delimiter = format!("\r\n--{}", boundary(content_type)?);
        let delimiter = delimiter.as_bytes();
        // The first delimiter has no line before it.
        let mut rest = delimiter.get(2..).and_then(|first| body.strip_prefix(first)).ok_or_else(malformed)?;
        let mut fields = Vec::new();
        let mut length = 0;
        loop {
            let part;
            (part, rest) = next_part(rest, delimiter)?;
            if part.name == "file" {
                let file_name = part.file_name.unwrap_or_default();
                // "The string ${filename} is automatically replaced with the name of the file provided by the user."
                for (_, value) in fields.iter_mut().filter(|(name, _): &&mut (String, String)| name == "key") {
                    *value = value.replace("${filename}", &file_name);
                }
                return Ok(Self { fields, file: body.slice_ref(part.content) });
            }
            length += part.name.len() + part.content.len();
            if length > LONGEST_FIELDS {
                let code = S3ErrorCode::MaxPostPreDataLengthExceededError;
                return Err(S3Error::with_message(code, "Your POST request fields preceding the upload file were too large."));
            }
            let value = std::str::from_utf8(part.content).map_err(|_| malformed())?;
            fields.push((part.name, value.to_owned()));
            if rest.starts_with(b"--") {
                return Err(s3_error!(InvalidArgument, "POST requires exactly one file upload per request."));
            }
        }
    }

    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

fn boundary(content_type: &str) -> S3Result<String> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='));
    let boundary = parameters.filter(|(name, _)| name.eq_ignore_ascii_case("boundary")).map(|(_, value)| value.trim_matches('"')).next();
    boundary.filter(|boundary| (1..=70).contains(&boundary.len())).map(str::to_owned).ok_or_else(malformed)
}

/// The part that begins behind a delimiter, and what comes behind the next one.
fn next_part<'a>(rest: &'a [u8], delimiter: &[u8]) -> S3Result<(Part<'a>, &'a [u8])> {
    let rest = rest.strip_prefix(b"\r\n").ok_or_else(malformed)?;
    let (head, rest) = split_at(rest, b"\r\n\r\n").ok_or_else(malformed)?;
    let (content, rest) = split_at(rest, delimiter).ok_or_else(malformed)?;
    let head = std::str::from_utf8(head).map_err(|_| malformed())?;
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.trim())
    });
    let disposition = disposition.and_then(|value| value.strip_prefix("form-data")).ok_or_else(malformed)?;
    let name = parameter(disposition, "name").ok_or_else(malformed)?.to_ascii_lowercase();
    Ok((Part { name, file_name: parameter(disposition, "filename"), content }, rest))
}

/// A parameter of a content disposition: `; name="value"`. Browsers write quotes in a value as `%22`.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let marked = format!("; {name}=");
    let (_, rest) = disposition.split_once(&marked)?;
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => rest.split(';').next()?.trim(),
    };
    Some(value.to_owned())
}

fn split_at<'a>(content: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = content.windows(at.len()).position(|window| window == at)?;
    Some((content.get(..place)?, content.get(place + at.len()..)?))
}

fn malformed() -> S3Error {
    S3Error::with_message(S3ErrorCode::MalformedPOSTRequest, "The body of your POST request is not well-formed multipart/form-data.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=b1";

    fn parse(body: &str) -> Result<(Vec<(String, String)>, String), String> {
        let form = UploadForm::parse(TYPE, &Bytes::from(body.to_owned())).map_err(|error| error.code().as_str().to_owned())?;
        Ok((form.fields, String::from_utf8(form.file.to_vec()).unwrap()))
    }

    fn part(disposition: &str, content: &str) -> String {
        format!("--b1\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
    }

    #[test]
    fn fields_and_file_are_told_apart() {
        let (key, file) = (part("name=\"Key\"", "in/${filename}"), part("name=\"file\"; filename=\"me.jpg\"", "\r\n--b\r\nbytes"));
        let field = ("key".to_owned(), "in/me.jpg".to_owned());
        assert_eq!(parse(&format!("{key}{file}--b1--\r\n")), Ok((vec![field.clone()], "\r\n--b\r\nbytes".to_owned())));
        let ignored = part("name=\"late\"", "x");
        assert_eq!(parse(&format!("{key}{file}{ignored}--b1--")), Ok((vec![field], "\r\n--b\r\nbytes".to_owned())));
    }

    #[test]
    fn what_is_no_form_is_named() {
        let (key, file) = (part("name=key", "k"), part("name=file", "f"));
        for (name, body, expected) in [
            ("nothing", String::new(), "MalformedPOSTRequest"),
            ("another boundary", file.replace("b1", "b2"), "MalformedPOSTRequest"),
            ("cut in the file", file.trim_end().to_owned(), "MalformedPOSTRequest"),
            ("cut in a head", key.get(..20).unwrap_or_default().to_owned(), "MalformedPOSTRequest"),
            ("no file", format!("{key}--b1--"), "InvalidArgument"),
            ("long fields", format!("{}{file}--b1--", part("name=k", &"x".repeat(21_000))), "MaxPostPreDataLengthExceededError"),
        ] {
            assert_eq!(parse(&body), Err(expected.to_owned()), "{name}");
        }
        for content_type in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\""] {
            assert!(UploadForm::parse(content_type, &Bytes::new()).is_err(), "{content_type}");
        }
    }
}
