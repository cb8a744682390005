#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| visavis_fuzz::run("dtls", data));
