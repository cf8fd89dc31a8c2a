//! The command line.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use auth0_tenant::{Client, RateLimit, SearchLag, TenantConfig};

/// The text of `--help`.
pub(crate) const USAGE: &str = "\
auth0-tenant: a local Auth0 tenant, which answers every GET request of the Management API, changes
users, roles, organizations and their members, and has their events

usage: auth0-tenant [option value]…

  --listen ADDRESS:PORT         address to listen on (127.0.0.1:0, a free port)
  --storage-port N              port of the storage of exported files (a free one)
  --users N                     number of synthetic users (50)
  --seed N                      their seed (1)
  --cluster N,TIME              N more users, all created at that time; may be repeated
  --recordings FOLDER           serve recorded users instead
  --domain NAME                 tenant domain in the tokens (local-tenant.us.auth0.com)
  --latency-ms N                delay of every answer in milliseconds (0)
  --page-cap N|off              records that paging reaches (1000)
  --page-size-cap N             maximum number of rows of a page (none)
  --totals capped|true|first-page
                                total of lists: at most the page cap for users, the true number,
                                or 0 on all pages but the first (capped)
  --slow-search N               answer searches that find more users with 503 (none)
  --rate-limit BURST,PER_SECOND limit requests (no limit)
  --search-lag-ms N             milliseconds after which lists and searches show a change (0)
  --token-lifetime-s N          lifetime of issued tokens in seconds (86400)
  --stable-ties                 keep the order of users with equal sort keys
  --compress                    gzip for clients that accept it
  --full-grant                  local-client-id (secret local-client-secret) may read and change everything
                                (read users only)
  --token-file PATH             write a token with every scope of any endpoint to this file, mode 0600
  --help                        print this

The base URL is printed on standard output as soon as it answers.";

/// The command in the command line.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Run { config: Box<TenantConfig>, token_file: Option<PathBuf> },
}

/// Reads the arguments without the program's name; an error is a sentence for the user.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut config = TenantConfig::default();
    let mut token_file = None;
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        match name {
            "--help" | "-h" => return Ok(Command::Help),
            "--stable-ties" => config.unstable_ties = false,
            "--compress" => config.compress = true,
            "--full-grant" => config.client = Client::granted_everything(),
            "--listen" | "--storage-port" | "--users" | "--seed" | "--cluster" | "--recordings" | "--domain"
            | "--latency-ms" | "--page-cap" | "--page-size-cap" | "--totals" | "--slow-search" | "--rate-limit"
            | "--search-lag-ms" | "--token-lifetime-s" | "--token-file" => {
                let value = inline.or_else(|| arguments.next()).ok_or_else(|| format!("{name} needs a value"))?;
                if name == "--token-file" {
                    token_file = Some(value.into());
                } else {
                    set(&mut config, name, &value)?;
                }
            }
            _ => return Err(format!("there is no option {name}")),
        }
    }
    Ok(Command::Run { config: Box::new(config), token_file })
}

fn set(config: &mut TenantConfig, name: &str, value: &str) -> Result<(), String> {
    match name {
        "--listen" => config.listen = read(name, value)?,
        "--users" => config.users = read(name, value)?,
        "--storage-port" => config.storage_port = read(name, value)?,
        "--cluster" => {
            let (size, time) = value.split_once(',').ok_or_else(|| format!("{name} takes N,TIME, not {value}"))?;
            config.clusters.push((read(name, size)?, time.to_owned()));
        }
        "--page-size-cap" => config.page_size_cap = Some(read(name, value)?),
        "--totals" => config.totals = read(name, value)?,
        "--slow-search" => config.slow_search = Some(read(name, value)?),
        "--seed" => config.seed = read(name, value)?,
        "--recordings" => config.recordings = Some(value.into()),
        "--domain" => value.clone_into(&mut config.domain),
        "--latency-ms" => config.latency = Duration::from_millis(read(name, value)?),
        "--search-lag-ms" => config.search_lag = Some(SearchLag::Ms(read(name, value)?)),
        "--token-lifetime-s" => config.token_lifetime = Duration::from_secs(read(name, value)?),
        "--page-cap" if value == "off" => config.page_cap = None,
        "--page-cap" => config.page_cap = Some(read(name, value)?),
        _ => config.rate_limit = Some(rate_limit(name, value)?),
    }
    Ok(())
}

fn rate_limit(name: &str, value: &str) -> Result<RateLimit, String> {
    let (burst, per_second) =
        value.split_once(',').ok_or_else(|| format!("{name} takes BURST,PER_SECOND, not {value}"))?;
    let per_second: f64 = read(name, per_second)?;
    if !per_second.is_finite() || per_second < 0.0 {
        return Err(format!("{name} can not be {value}"));
    }
    Ok(RateLimit::new(read(name, burst)?, per_second))
}

fn read<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|error| format!("{name} can not be {value}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth0_tenant::Totals;

    fn words(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_read() {
        let line = "--listen 0.0.0.0:8080 --users=7 --seed 3 --latency-ms 20 --page-cap off \
                    --rate-limit 10,2.5 --domain t.eu.auth0.com --token-file /t --stable-ties \
                    --cluster 5,2025-03-01T00:00:00.000Z --cluster=6,x --slow-search 900 --storage-port 8081 \
                    --page-size-cap 50 --totals first-page --search-lag-ms 70";
        let Ok(Command::Run { config, token_file }) = words(line) else {
            panic!("refused");
        };
        assert_eq!(config.listen.to_string(), "0.0.0.0:8080");
        assert_eq!((config.users, config.seed, config.page_cap), (7, 3, None));
        assert_eq!(config.latency, Duration::from_millis(20));
        assert_eq!(config.rate_limit, Some(RateLimit::new(10, 2.5)));
        assert_eq!(config.domain, "t.eu.auth0.com");
        assert_eq!(config.clusters, [(5, "2025-03-01T00:00:00.000Z".to_owned()), (6, "x".to_owned())]);
        assert_eq!((config.slow_search, config.storage_port), (Some(900), 8081));
        assert_eq!((config.page_size_cap, config.totals), (Some(50), Totals::FirstPage));
        assert_eq!(config.search_lag, Some(SearchLag::Ms(70)));
        assert!(!config.unstable_ties && !config.compress);
        assert_eq!(token_file, Some(PathBuf::from("/t")));
    }

    #[test]
    fn full_grant_gives_the_application_every_scope() {
        let scopes = |line| match words(line) {
            Ok(Command::Run { config, .. }) => config.client.scopes,
            _ => panic!("refused"),
        };
        assert_eq!(scopes("--users 7"), ["read:users"]);
        let everything = scopes("--full-grant");
        assert!(
            ["read:users", "read:roles", "read:logs"].iter().all(|scope| everything.iter().any(|own| own == scope))
        );
    }

    #[test]
    fn invalid_arguments_are_refused() {
        for line in [
            "users",
            "--userz 5",
            "--users",
            "--users x",
            "--page-cap none",
            "--totals some",
            "--rate-limit 5",
            "--rate-limit 5,nan",
            "--cluster 5",
            "--cluster x,2025-03-01T00:00:00.000Z",
            "--listen localhost",
        ] {
            assert!(words(line).is_err(), "{line}");
        }
        assert!(matches!(words("--users 1 --help"), Ok(Command::Help)));
    }
}
