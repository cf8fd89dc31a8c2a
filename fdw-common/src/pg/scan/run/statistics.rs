//! Statistics of a scan node.

use std::time::Duration;

use super::super::batches::Batches;
use super::ScanState;
use crate::rest::{RowSource, ScanStatistics};

impl ScanState {
    /// Statistics of the node, over all rescans.
    pub(in crate::pg) fn statistics(&self) -> ScanStatistics {
        let mut all = self.begun();
        all.add_requests(&self.ahead.statistics());
        all.add_requests(&self.batches.as_ref().map(Batches::statistics).unwrap_or_default());
        all
    }

    /// Statistics of all runs so far, without requests started ahead.
    pub(super) fn begun(&self) -> ScanStatistics {
        let finished = &self.totals.finished;
        let running = self.run.source.as_ref().map(RowSource::statistics).unwrap_or_default();
        // The total of one list of many is not the total of the scan.
        let is_one_list = self.node.plan.is_bound();
        let mut all = ScanStatistics {
            total: finished.total.or(running.total).filter(|_| is_one_list),
            estimated_total: running.estimated_total.or(finished.estimated_total).filter(|_| is_one_list),
            bulk: running.bulk.clone().or_else(|| finished.bulk.clone()),
            ..ScanStatistics::default()
        };
        all.add_requests(finished);
        all.add_requests(&running);
        all
    }

    /// True if the list's total only means "that many or more".
    pub(in crate::pg) fn list_is_capped(&self) -> bool {
        self.statistics().total.is_some_and(|total| self.node.entity.is_capped(total))
    }

    /// Rows per page of the list.
    pub(in crate::pg) fn page_size(&self) -> u32 {
        self.node.plan.page_size
    }

    /// Number of rows that the API sent.
    pub(in crate::pg) fn rows_received(&self) -> u64 {
        self.totals.rows_received + self.batches.as_ref().map_or(0, Batches::rows_received)
    }

    /// Time that the backend waited for the network.
    pub(in crate::pg) fn waited(&self) -> Duration {
        self.totals.waited
    }
}
