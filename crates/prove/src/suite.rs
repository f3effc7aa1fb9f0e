//! The whole set of attacks on one database; the same set runs again where a policy was loosened.

use serde::Serialize;

use crate::attackers::Attackers;
use crate::error::Result;
use crate::matrix::{Cell, Finding, Matrix};
use crate::progress::Progress;
use crate::random::{self, Tally};
use crate::routes::Besieged;
use crate::scene::Scene;
use crate::server::Server;
use crate::stage::Stage;
use crate::tables;

/// Of five random attempts four are statements and one is a request.
const REQUESTS_IN: usize = 5;

/// What the attacks came to.
#[derive(Debug, Clone, Serialize)]
pub struct Suite {
    /// Every table × every attack.
    pub tables: Matrix,
    /// Every route × every caller without business there.
    pub routes: Matrix,
    /// Random statements.
    pub statements: Tally,
    /// Random requests.
    pub requests: Tally,
    /// Everything that leaked, and what of the matrices proved nothing.
    pub findings: Vec<Finding>,
}

impl Suite {
    /// Whether nothing crossed, nothing in the matrices failed by itself, and the random parts say something.
    #[must_use]
    pub fn held(&self) -> bool {
        let total = self.total();
        let matrices = self.tables.total().plus(self.routes.total());
        total.leaked == 0 && matrices.errors == 0 && self.statements.says_something() && self.requests.says_something()
    }

    /// Everything added up.
    #[must_use]
    pub fn total(&self) -> Cell {
        let matrices = self.tables.total().plus(self.routes.total());
        matrices.plus(self.statements.outcome).plus(self.requests.outcome)
    }

    /// Where something crossed: cells of the matrices, and the random parts.
    #[must_use]
    pub fn red(&self) -> Vec<String> {
        let mut red = self.tables.red();
        red.extend(self.routes.red());
        for (name, tally) in [("random statements", &self.statements), ("random requests", &self.requests)] {
            if tally.outcome.leaked > 0 {
                red.push(format!("{name}: {} of {}", tally.outcome.leaked, tally.outcome.attempts()));
            }
        }
        red
    }
}

/// Three copies of one scene: attacked by statements, the same without the victim, and attacked through the server.
pub(crate) struct Ground {
    pub(crate) with: String,
    pub(crate) without: String,
    pub(crate) served: String,
}

impl Ground {
    /// Copies the scene, and changes each copy by the same SQL where there is some.
    pub(crate) async fn lay(
        server: &Server,
        scene: &Scene,
        from: &str,
        name: &str,
        change: Option<&str>,
    ) -> Result<Self> {
        let with = server.copy(from, &format!("{name}_with")).await?;
        let without = server.copy(from, &format!("{name}_without")).await?;
        let served = server.copy(from, &format!("{name}_served")).await?;
        scene.without_victim(server, &without).await?;
        if let Some(sql) = change {
            for database in [&with, &without, &served] {
                let admin = server.admin(database).await?;
                admin.batch_execute(sql).await.map_err(crate::error::Error::doing("changing the scratch copy"))?;
            }
        }
        Ok(Self { with, without, served })
    }

    /// Runs everything.
    pub(crate) async fn attack(
        &self,
        server: &Server,
        scene: &Scene,
        attempts: usize,
        progress: &mut Progress,
    ) -> Result<Suite> {
        let mut findings = Vec::new();
        let with = Attackers::connect(server, &self.with, &scene.beginnings).await?;
        progress.part("tables × attacks", scene.tables.len());
        let tables = tables::attack(&with, scene, &mut findings, progress).await;
        let stage = Stage::set(server, &self.served, scene.context_key.clone()).await?;
        let mut besieged = Besieged::new(stage, server.admin(&self.served).await?, scene.seed).await?;
        progress.part("routes × callers", web::routes::table().len());
        let routes = besieged.attack(scene, &mut findings, progress).await?;
        let requests = attempts / REQUESTS_IN;
        progress.part("random statements", attempts - requests);
        let without = Attackers::connect(server, &self.without, &scene.beginnings).await?;
        let statements =
            random::statements((&with, &without), scene, attempts - requests, &mut findings, progress).await;
        progress.part("random requests", requests);
        let requests = random::requests(&mut besieged, scene, requests, &mut findings, progress).await?;
        Ok(Suite { tables, routes, statements, requests, findings })
    }
}
