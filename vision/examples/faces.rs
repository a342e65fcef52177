//! Compares portraits, one person in each, and prints what was measured: every two people, every person with altered pictures of the same
//! picture, the worst pairs, ages and times. More pictures of one person go into a folder of their own, where all are compared with all:
//! `cargo run --profile quick -p prooflight-vision --example faces -- --portraits DIR [--person DIR]`. It needs ffmpeg.
#![expect(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "a developer's tool")]

#[path = "../tests/engine/ffmpeg.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod ffmpeg;

use ffmpeg::ffmpeg;
use prooflight_vision::{AgeRange, Embedding, Models, PortraitModels, Still, portraits};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What can happen to a picture between two looks at one person, as filters of ffmpeg.
const ALTERATIONS: [(&str, &str, &str); 9] = [
    ("cropped", "crop=iw*0.8:ih*0.77:iw*0.1:ih*0.06", "2"),
    ("a third", "scale=iw/3:-1", "2"),
    ("blurred", "gblur=sigma=2", "2"),
    ("dark", "eq=brightness=-0.25", "2"),
    ("bright", "eq=brightness=0.2", "2"),
    ("poor JPEG", "null", "28"),
    ("turned by 15", "rotate=15*PI/180:c=gray", "2"),
    ("perspective", "perspective=0:0:W:H*0.1:0:H:W:H*0.9", "2"),
    ("all of it", "scale=iw/2:-1,rotate=-8*PI/180:c=gray,eq=brightness=-0.15", "14"),
];

struct Person {
    name: String,
    embedding: Embedding,
    age: AgeRange,
}

struct Pair {
    similarity: f32,
    distance: f32,
    names: String,
}

#[derive(Default)]
struct Times {
    pictures: u32,
    decoding: Duration,
    finding: Duration,
    comparing: Duration,
    age: Duration,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = |flag: &str| arguments.windows(2).find(|two| two.first().is_some_and(|one| one == flag)).and_then(|two| two.get(1));
    let directory = folder("--portraits").expect("usage: faces --portraits DIR [--person DIR]");
    let models = Arc::new(Models::load().expect("the networks load"));
    let models = PortraitModels::load(models).expect("the networks load");
    let (mut people, mut same, mut times) = (Vec::new(), Vec::new(), Times::default());
    for path in pictures(directory.as_ref()) {
        let bytes = std::fs::read(&path).expect("a picture");
        let person = look(&models, &path, &bytes, &mut times);
        for (name, filter, quality) in ALTERATIONS {
            let encoder = ["-c:v", "mjpeg", "-q:v", quality, "-f", "image2pipe", "pipe:1"];
            let altered = ffmpeg(&[&["-f", "image2pipe", "-i", "pipe:0", "-vf", filter][..], &encoder].concat(), bytes.clone());
            let altered = look(&models, Path::new(name), &altered, &mut times);
            same.push(Pair::of(&person, &altered));
        }
        people.push(person);
    }
    print("altered pictures of one", &mut same);
    print("two people", &mut pairs(&people));
    if let Some(directory) = folder("--person") {
        let person: Vec<Person> = pictures(directory.as_ref())
            .iter()
            .map(|path| look(&models, path, &std::fs::read(path).expect("a picture"), &mut times))
            .collect();
        print("pictures of one person", &mut pairs(&person));
    }
    let ages: Vec<String> = people.iter().map(|person| format!("{} {}-{}", person.name, person.age.low, person.age.high)).collect();
    println!("\nages: {}", ages.join(", "));
    let mean = |time: Duration| time.as_secs_f32() * 1000.0 / times.pictures.max(1).to_string().parse::<f32>().expect("a number");
    let [decoding, finding, comparing, age] = [times.decoding, times.finding, times.comparing, times.age].map(mean);
    println!("ms a picture: decoding {decoding:.1}, finding faces {finding:.1}, embedding {comparing:.1}, age {age:.1}");
}

fn pictures(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory).expect("a folder").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Describes the largest face of a picture, and says so when there is not exactly one.
fn look(models: &PortraitModels, path: &Path, bytes: &[u8], times: &mut Times) -> Person {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let began = Instant::now();
    let still = Still::decode(bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let decoded = Instant::now();
    let found = portraits(models, &still);
    let searched = Instant::now();
    if found.len() != 1 {
        println!("{}: {} faces", path.display(), found.len());
    }
    let face = found.first().unwrap_or_else(|| panic!("{}: no face", path.display()));
    let embedding = face.embedding(models, &still).expect("an embedding");
    let compared = Instant::now();
    let age = face.age(models, &still).expect("an age");
    times.pictures += 1;
    times.decoding += decoded - began;
    times.finding += searched - decoded;
    times.comparing += compared - searched;
    times.age += compared.elapsed();
    Person { name, embedding, age }
}

fn pairs(people: &[Person]) -> Vec<Pair> {
    let others = |number: usize| people.iter().skip(number + 1);
    people.iter().enumerate().flat_map(|(number, one)| others(number).map(move |other| Pair::of(one, other))).collect()
}

impl Pair {
    fn of(one: &Person, other: &Person) -> Self {
        let (similarity, distance) = (one.embedding.similarity(&other.embedding), one.embedding.distance(&other.embedding));
        Self { similarity, distance, names: format!("{} / {}", one.name, other.name) }
    }
}

fn print(what: &str, pairs: &mut [Pair]) {
    pairs.sort_by(|one, other| one.similarity.total_cmp(&other.similarity));
    let show = |pair: Option<&Pair>| pair.map_or_else(String::new, |pair| format!("{:.1} ({:.3})", pair.similarity, pair.distance));
    let middle = pairs.get(pairs.len() / 2);
    println!(
        "\n{what}: {} pairs, similarity (distance) {} to {}, median {}",
        pairs.len(),
        show(pairs.first()),
        show(pairs.last()),
        show(middle)
    );
    let above = |least: f32| pairs.iter().filter(|pair| pair.similarity > least).count();
    println!("  above 50: {}, above 80: {}, above 90: {}, above 95: {}", above(50.0), above(80.0), above(90.0), above(95.0));
    let ends = pairs.iter().take(5).chain(pairs.iter().skip(5).rev().take(5));
    println!("  lowest and highest: {}", ends.map(|pair| format!("{} {}", pair.names, show(Some(pair)))).collect::<Vec<_>>().join("; "));
}
