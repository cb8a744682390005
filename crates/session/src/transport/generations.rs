//! From ICE plans to the agent.

use std::time::Instant;

use ice::{Agent, Credentials};

use crate::plan::IcePlan;

/// What the agent was told.
#[derive(Debug)]
pub(super) struct Generations {
    role: ice::Role,
    /// The credentials of both sides that belong together. After a restart on our side, until the peer's answer,
    /// a plan still has the peer's old ones: those are not for the new generation.
    paired: Option<(Credentials, Credentials)>,
}

impl Generations {
    pub(super) fn new(plan: &IcePlan) -> Self {
        Generations { role: plan.role, paired: None }
    }

    /// Tells the agent what is new in `plan`; whether ICE was restarted.
    pub(super) fn apply(&mut self, now: Instant, plan: &IcePlan, agent: &mut Agent) -> bool {
        // Our role in the plan is what we began with; a role conflict may have turned the agent's since.
        if plan.role != self.role {
            self.role = plan.role;
            agent.set_role(plan.role);
        }
        // RFC 8445, section 9: other credentials of ours are a restart.
        let restarted = *agent.local_credentials() != plan.local;
        agent.set_relay_only(plan.relay_only);
        if restarted {
            agent.restart(now, plan.local.clone());
        }
        if let Some((remote, lite)) = &plan.remote
            && self.is_for_this_generation(&plan.local, remote)
        {
            agent.set_renomination(plan.renomination);
            agent.set_remote_credentials(now, remote.clone(), *lite);
            self.paired = Some((plan.local.clone(), remote.clone()));
        }
        restarted
    }

    fn is_for_this_generation(&self, local: &Credentials, remote: &Credentials) -> bool {
        self.paired
            .as_ref()
            .is_none_or(|(paired_local, paired_remote)| paired_local == local || paired_remote != remote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(local: &str, remote: Option<&str>) -> IcePlan {
        let credentials = |ufrag: &str| Credentials {
            ufrag: ufrag.to_owned(),
            pwd: base::Redacted::new(format!("{ufrag}-password-0123456789")),
        };
        IcePlan {
            relay_only: false,
            renomination: false,
            role: ice::Role::Controlling,
            local: credentials(local),
            remote: remote.map(|remote| (credentials(remote), false)),
        }
    }

    fn remote_ufrag(agent: &Agent) -> Option<&str> {
        agent.remote_credentials().map(|credentials| credentials.ufrag.as_str())
    }

    #[test]
    fn a_restart_waits_for_the_peers_new_credentials_and_can_be_rolled_back() {
        let now = sim::Clock::new().now();
        let first = plan("locA", None);
        let rng = base::Rng::from_seed([1; 32]);
        let mut agent = Agent::new(ice::AgentConfig::default(), first.role, first.local.clone(), rng);
        let mut generations = Generations::new(&first);
        assert!(!generations.apply(now, &first, &mut agent));
        assert!(!generations.apply(now, &plan("locA", Some("remA")), &mut agent));
        assert_eq!(remote_ufrag(&agent), Some("remA"));

        assert!(generations.apply(now, &plan("locB", Some("remA")), &mut agent));
        assert!(!generations.apply(now, &plan("locB", Some("remA")), &mut agent));
        assert!(!generations.apply(now, &plan("locB", Some("remB")), &mut agent));
        assert_eq!(remote_ufrag(&agent), Some("remB"));

        assert!(generations.apply(now, &plan("locC", Some("remB")), &mut agent));
        assert!(generations.apply(now, &plan("locB", Some("remB")), &mut agent));
        assert_eq!(remote_ufrag(&agent), Some("remB"));
    }
}
