//! What a new type does beside being another type: other addresses, other disks, a guest that is lost.

use std::time::Duration;

use crate::sim::machine::catalogue::TypeOffer;
use crate::sim::machine::described::Status;
use crate::sim::scenario::{Disk, Guest};

use super::World;
use super::orders::{Migrate, Way};

impl World {
    /// R68 and R69: what leaving a cluster, or input and output that are not optimized, does to a machine.
    pub(crate) fn move_house(&mut self, id: &str, to: &str, way: &Way, at: Duration) {
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        let retired = |name: &str| self.catalogue.get(name).is_some_and(TypeOffer::is_retired);
        // Every type on sale is I/O-optimized; of the retired series some machines are and some are not.
        let becomes_optimized = !instance.truth.io_optimized && !retired(to);
        if way.migrate == Migrate::Yes && !instance.is_vpc() {
            let address = self.next_inner_address();
            self.edit(id, at, |machine| {
                machine.inner_ip_address.ip_address = vec![address];
            });
        }
        if becomes_optimized {
            self.edit(id, at, |machine| machine.io_optimized = true);
            self.rename_disks(id);
        }
        if let Some(category) = &way.system_disk {
            self.change_system_disk(id, category);
        }
    }

    /// Private addresses of the classic network; none is given twice.
    fn next_inner_address(&mut self) -> String {
        self.addresses_given = self.addresses_given.wrapping_add(1);
        let [_, high, middle, low] = self.addresses_given.to_be_bytes();
        format!("11.{high}.{middle}.{low}")
    }

    /// Disks are `xvd…` where input and output are not optimized, and `vd…` elsewhere.
    fn rename_disks(&mut self, id: &str) {
        for disk in self.disks_of(id) {
            disk.device = disk.device.replace("xvd", "vd");
        }
    }

    fn change_system_disk(&mut self, id: &str, category: &str) {
        let disks = self.disks_of(id).iter_mut();
        for disk in disks.filter(|disk| disk.is_system()) {
            category.clone_into(&mut disk.category);
        }
    }

    /// Those that the scenario wrote down.
    fn disks_of(&mut self, id: &str) -> &mut [Disk] {
        let particulars = self.instances.get_mut(id).map(|it| &mut it.particulars);
        match particulars.and_then(Option::as_mut) {
            Some(particulars) => &mut particulars.disks,
            None => &mut [],
        }
    }

    /// R21: an upgrade of a machine that runs counts until its next boot.
    pub(crate) fn count_online_change(&mut self, id: &str) {
        let running = self.status_of(id) == Some(Status::Running);
        if let Some(instance) = self.instances.get_mut(id).filter(|_| running) {
            instance.online_changes += 1;
        }
    }

    /// R22: a guest without the drivers of its new machine does not come up; on a machine like the one
    /// it knew it does again.
    pub(crate) fn bring_guest_up(&mut self, id: &str, was: &str) {
        let Some(instance) = self.instances.get(id) else {
            return;
        };
        if instance.particulars().guest == Guest::Prepared {
            return;
        }
        let knows = instance
            .lost_since
            .clone()
            .unwrap_or_else(|| was.to_owned());
        let lost = self.is_strange(&knows, &instance.effective_type, &instance.truth.os_type);
        if let Some(instance) = self.instances.get_mut(id) {
            instance.lost_since = lost.then_some(knows);
        }
    }

    fn is_strange(&self, known: &str, new: &str, system: &str) -> bool {
        let (Some(known), Some(new)) = (self.catalogue.get(known), self.catalogue.get(new)) else {
            return false;
        };
        let other_family = system == "windows" && known.family() != new.family();
        known.nvme_support != new.nvme_support || other_family
    }
}
