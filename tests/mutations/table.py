"""The mutations: each takes back one promise of the README, and names tests that have to fail then."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutation:
    """One change of one file."""

    title: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    """Files of tests are relative to ``tests``."""

    def mutated(self) -> str:
        """The text of the file with the change. Raises ``ValueError`` unless the old text stands in it once."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(
                f"{self.file} has the old text {text.count(self.old)} times, not once: {self.old}"
            )
        return text.replace(self.old, self.new)


def _mutation(title: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(title, f"reconcile/{file}", old, new, tests)


_PROMISES = "skupper/test_promises.py::Test"
_RECORDS = "skupper/test_removal_records.py::Test"

MUTATIONS = (
    _mutation(
        "what records the network of a site is deleted before the site",
        "skupper/v1/removal.py",
        "yield from (site, account)",
        "yield from (account, site)",
        "skupper/test_missing.py::TestMarking::test_a_removal_that_is_killed_after_any_of_its_writes_is_finished",
    ),
    _mutation(
        "the router is deleted before its service-controller",
        "skupper/v1/remaking.py",
        "deleted = [controller, router]",
        "deleted = [router, controller]",
        "skupper/test_changing.py::test_the_service_controller_goes_first_and_what_is_recorded_before_it",
    ),
    _mutation(
        "a token that is not loaded stays so",
        "skupper/v1/plan_link.py",
        "steps += _overlooked(ends, delivered, now)",
        "pass",
        "skupper/test_retriggering.py::test_a_token_that_the_service_controller_has_not_loaded_is_retriggered",
    ),
    _mutation(
        "removals do not wait for clusters that have not answered",
        "skupper/guards.py",
        "if change.waits_for or not self.awaited:",
        "if True:",
        f"{_PROMISES}Counting::test_no_removal_is_ready_while_a_cluster_has_not_answered",
    ),
    _mutation(
        "the budget of removals is off",
        "skupper/guards.py",
        "if not refused:",
        "if True:",
        f"{_PROMISES}Budget::test_one_removal_above_the_budget_means_none",
    ),
    _mutation(
        "what was removed before is not counted",
        "skupper/removal_records.py",
        "(record.unproven if unproven else record.proven)",
        "False",
        f"{_RECORDS}Counting::test_many_small_runs_remove_no_more_than_one",
    ),
    _mutation(
        "a removal does not wait for its record",
        "skupper/recording.py",
        "waits = change.ready and (keeps or self.units.of(change))",
        "waits = False",
        f"{_RECORDS}Recording::test_a_removal_is_recorded_on_two_other_clusters_before_anything_of_the_site_goes",
    ),
    _mutation(
        "a record is lost with the sites that keep it",
        "skupper/recording.py",
        "return staying if min(lasting) < len(staying) else []",
        "return []",
        f"{_RECORDS}Recording::test_a_site_that_keeps_records_goes_once_others_have_them",
    ),
    _mutation(
        "two runs at once write records to different sites",
        "skupper/recording.py",
        "(*_two(fit), *staying)",
        "staying",
        f"{_RECORDS}TwoRuns::test_they_do_not_spend_the_same_budget",
    ),
    _mutation(
        "records on two clusters that are down are not missed",
        "skupper/guards.py",
        "if not unread or (len(unread) == 1 and self.records.keepers.keys() - leaving):",
        "if True:",
        f"{_RECORDS}Counting::test_while_two_clusters_are_down_nothing_is_removed_without_an_approval",
    ),
    _mutation(
        "an approval that has expired still lets removals pass",
        "skupper/approvals.py",
        "if ends and now < ends:",
        "if ends:",
        "skupper/test_approvals.py::TestValidity::test_one_that_has_expired_is_a_warning_with_the_next_step",
    ),
    _mutation(
        "a network is emptied for being absent from the data",
        "skupper/guards.py",
        "if not self.census.wanted.get(network):",
        "if False:",
        "skupper/test_missing.py::TestShares::test_a_network_is_never_emptied_for_being_absent_even_without_a_delay",
    ),
    _mutation(
        "a run with a filter removes what is absent from the data",
        "skupper/guards.py",
        "if inputs.selection.text:",
        "if False:",
        "skupper/test_missing.py::TestTrust::test_a_run_with_a_filter_neither_marks_nor_removes",
    ),
    _mutation(
        "a missing site is removed before the delay is over",
        "skupper/v1/missing.py",
        "self._inputs.now - since >= self._delay",
        "True",
        "skupper/test_missing.py::TestMarking::test_it_is_removed_once_the_delay_is_over",
    ),
    _mutation(
        "the last working link is removed though its replacement is skipped",
        "skupper/v1/replacements.py",
        "if skipped and not working:",
        "if False:",
        "skupper/test_replacements.py::test_the_only_uplink_waits_for_a_replacement_that_is_skipped",
    ),
    _mutation(
        "links that are not declared are removed at once",
        "skupper/v1/prune.py",
        "hold = converged.hold_token(secret)",
        "hold = None",
        "skupper/test_planning.py::TestRemovals::test_links_stay_until_those_that_remain_are_up",
        "skupper/test_replacements.py::test_a_replacement_that_is_managed_is_waited_for_without_a_word",
    ),
    _mutation(
        "a site is removed though a site that cannot be seen dials it",
        "skupper/v1/prune.py",
        "hold = None if key in observed.inputs.cut else guards.converged.hold_site(live)",
        "hold = None",
        "skupper/test_replacements.py::TestUnseenDiallers"
        "::test_a_site_stays_while_it_is_the_last_one_that_a_closed_site_dials",
    ),
    _mutation(
        "a site is removed though Services lead to its router",
        "skupper/v1/prune.py",
        "hold = exposed.hold_site(live, network)",
        "pass",
        "skupper/test_exposed.py::test_a_site_whose_router_services_lead_to_stays",
    ),
    _mutation(
        "Skupper's own Services are listed of a site that is to be removed",
        "skupper/v1/list_requests.py",
        'labels=f"!{INSTANCE}", fields',
        "fields",
        "skupper/test_exposed.py::test_services_of_the_site_itself_are_not_listed",
    ),
    _mutation(
        "removals over the budget are not listed",
        "skupper/planning.py",
        "refused=tuple(refused),",
        "refused=(),",
        f"{_PROMISES}Budget::test_removals_above_the_budget_are_still_listed",
    ),
    _mutation(
        "an older version of Skupper is applied",
        "skupper/v1/plan_site.py",
        "if older:",
        "if False:",
        "skupper/test_versions.py::test_nothing_is_changed_at_a_site_of_a_newer_version",
    ),
    _mutation(
        "a parked token is deleted although the new one has not made the link",
        "skupper/v1/plan_link.py",
        "now, proven=report.converged, judged",
        "now, proven=True, judged",
        "skupper/test_rotation.py::test_a_new_token_that_does_not_connect_leaves_the_old_one_in_use",
    ),
    _mutation(
        "what both ends report counts while the old token is in use",
        "skupper/v1/rotation.py",
        "if proven:\n        return [link_steps.remove(secret, network, reason)]",
        "if proven or True:\n        return [link_steps.remove(secret, network, reason)]",
        "skupper/test_rotation.py::test_a_new_token_that_does_not_connect_leaves_the_old_one_in_use",
    ),
    _mutation(
        "a parked token is never restored",
        "skupper/v1/rotation.py",
        "if abs(age) < PROVE_WITHIN:",
        "if abs(age) < 999 * PROVE_WITHIN:",
        "skupper/test_rotation.py::test_a_new_token_that_does_not_connect_leaves_the_old_one_in_use",
    ),
    _mutation(
        "a token stays parked while a clock is wrong",
        "skupper/v1/networks.py",
        "steps = rotation.unjudged(ends.secrets, network, self._inputs.now)",
        "steps = []",
        "skupper/test_parked.py::test_a_token_is_restored_if_what_replaces_it_cannot_be_judged",
    ),
    _mutation(
        "the active uplink of an edge site is deleted although no other one came up",
        "skupper/v1/prune.py",
        "proven=not unproven,",
        "proven=True,",
        "skupper/test_parked.py::test_the_active_uplink_of_an_edge_site_is_restored_if_no_declared_one_comes_up",
    ),
    _mutation(
        "a token is replaced at each run since its rotation was ordered",
        "skupper/v1/link_steps.py",
        "(made_for is None or made_for < self.rotate_after)",
        "True",
        "skupper/test_orders.py::TestRotate::test_each_token_is_replaced_once_only",
    ),
    _mutation(
        "a cut is known at the site that is cut off only",
        "skupper/v1/marks.py",
        "(self._cut(site, ends) for site in ends)",
        "(self._cut(site, (site,)) for site in ends)",
        "skupper/test_orders.py::TestCut::test_a_site_that_lost_its_mark_stays_cut_off_at_its_neighbours",
    ),
    _mutation(
        "a router restarts before its diallers have new tokens",
        "skupper/v1/revocation.py",
        "if waits_for is None and awaited and now",
        "if waits_for and awaited and now",
        "skupper/test_orders.py::TestRevoke::test_the_router_restarts_once_all_diallers_have_loaded_their_new_tokens",
    ),
    _mutation(
        "an approval of another change lets certificates be renewed",
        "skupper/approvals.py",
        "if approval.change is change and site in sites(approval)",
        "if site in sites(approval)",
        "skupper/test_orders.py::TestRenewal::test_without_a_valid_approval_nothing_is_ordered",
    ),
    _mutation(
        "neighbours are rotated at the same time",
        "skupper/v1/rotation.py",
        "and others & around:",
        "and False:",
        "skupper/test_rotation.py::test_no_two_links_of_neighbours_are_parked_at_once",
    ),
    _mutation(
        "a new link does not wait until networks are separated",
        "skupper/v1/separation.py",
        "if others:",
        "if False:",
        "skupper/test_separation.py::test_no_link_is_made_while_a_cluster_that_holds_an_old_token_does_not_answer",
    ),
    _mutation(
        "a site is removed before its links",
        "skupper/v1/removal.py",
        "if linked and not waits_for:",
        "if False:",
        "skupper/test_planning.py::TestRemovals::test_the_links_of_a_deleted_site_go_first_and_at_both_ends",
    ),
    _mutation(
        "labels do not say whose an object is",
        "skupper/ownership.py",
        "return labels.get(MANAGED_BY) == FIELD_MANAGER and labels.get(INSTANCE) == self.instance",
        "return True",
        f"{_PROMISES}Ownership::test_a_fleet_of_somebody_else_is_not_written_to",
    ),
    _mutation(
        "labels alone prove that we made an object",
        "skupper/v1/provenance.py",
        "return (live.key.kind, live.key.name) in objects.APPLIED and applied(live)",
        "return True",
        "skupper/test_ownership.py::test_our_name_without_our_field_manager_proves_nothing",
        "skupper/test_ownership.py::test_another_name_proves_nothing",
        f"{_PROMISES}Ownership::test_what_carries_our_labels_and_was_made_by_somebody_else_stays",
    ),
    _mutation(
        "what others have made meanwhile is overwritten",
        "apply/executing.py",
        "force=known",
        "force=True",
        "apply/test_executing.py::test_what_somebody_else_has_made_meanwhile_is_not_taken_over_and_is_shown",
    ),
    _mutation(
        "what cannot be read counts as absent",
        "skupper/blocks.py",
        "    if problem:\n",
        "    if False:\n",
        "skupper/test_planning.py::test_an_unreadable_cluster_gets_no_change_and_the_others_do",
        "skupper/test_planning.py::test_an_unreadable_namespace_gets_no_change_and_its_neighbours_do",
    ),
    _mutation(
        "what could be read in part is removed",
        "skupper/blocks.py",
        "inputs.snapshot(key.cluster).problem_in(key.namespace) or ",
        "",
        f"{_PROMISES}Counting::test_nothing_is_removed_where_not_all_could_be_read",
    ),
    _mutation(
        "a link is up if one end says so",
        "skupper/v1/plan_link.py",
        "if verdicts == {Verdict.UP}:",
        "if Verdict.UP in verdicts:",
        "skupper/test_plan_link.py::test_a_link_that_only_one_end_sees_is_down",
    ),
    _mutation(
        "what is as declared is written again",
        "skupper/v1/plan_site.py",
        "if not differing and provenance.applied(found):",
        "if False:",
        f"{_PROMISES}Counting::test_nothing_is_to_do_while_all_is_declared",
    ),
    _mutation(
        "Secrets keep their data as they are read",
        "skupper/live.py",
        'content = {name: body[name] for name in _PUBLIC & body.keys()} | {"metadata": metadata}',
        "pass",
        "skupper/test_redaction.py::test_a_secret_loses_what_it_keeps",
        "skupper/test_redaction.py::test_no_shape_of_a_secret_brings_its_data_in",
    ),
    _mutation(
        "a delivery copies every annotation of the issuer's Secret",
        "skupper/v1/delivery.py",
        "annotations = {**self._kept(found), **",
        "annotations = {**found, **",
        "skupper/test_delivery.py::test_foreign_annotations_are_dropped",
        "skupper/test_delivery.py::test_only_what_a_token_is_survives_whatever_the_source_holds",
    ),
    _mutation(
        "a token is delivered whose key does not match its certificate",
        "skupper/v1/token_data.py",
        "if not _belongs(key, chain[0]):",
        "if False:",
        "skupper/test_delivery.py::test_bad_data_is_refused",
        "end_to_end/test_delivery.py::test_a_token_with_a_swapped_key_is_not_delivered",
    ),
    _mutation(
        "a token is delivered that leads to another host than the issuer's",
        "skupper/v1/delivery.py",
        "if found.get(key) != expected:",
        "if False:",
        "skupper/test_delivery.py::test_another_address_than_that_of_the_issuer_is_refused",
    ),
    _mutation(
        "plans delete by name alone",
        "skupper/v1/link_steps.py",
        "uid=secret.live.uid",
        'uid=""',
        f"{_PROMISES}Deleting::test_whatever_is_deleted_now_is_named_by_its_uid",
    ),
    _mutation(
        "the UID of a change is not used",
        "apply/executing.py",
        "uid=change.uid or None",
        "uid=None",
        "apply/test_executing.py::test_a_delete_does_not_affect_a_successor_and_shows_it",
    ),
    _mutation(
        "a delete is sent without its UID",
        "openshift/client.py",
        'options["preconditions"] = {"uid": uid}',
        "pass",
        "openshift/test_verbs.py::test_delete_names_the_very_object_by_uid",
        "openshift/test_against_clusters.py::test_delete_spares_a_successor",
    ),
    _mutation(
        "a cluster that disables the integration is written to",
        "skupper/plan_input.py",
        "if cluster.disabled:",
        "if False:",
        "skupper/test_plan_link.py::test_a_disabled_cluster_is_skipped_and_links_to_it_stay",
    ),
    _mutation(
        "a cluster that disables the integration is asked",
        "reconciler.py",
        "if not cluster.disabled and",
        "if",
        "end_to_end/test_changes.py::test_a_cluster_that_disables_the_integration_gets_no_request",
    ),
    _mutation(
        "two clusters with the same serverUrl are accepted",
        "skupper/checks/servers.py",
        "if len(clusters) > 1 and at_risk",
        "if len(clusters) > 9 and at_risk",
        "skupper/test_servers.py::test_nothing_is_changed_on_refused_clusters_and_others_go_on",
    ),
    _mutation(
        "a cluster whose data is refused is changed all the same",
        "skupper/plan_input.py",
        "if cluster.name in self.refused_clusters:",
        "if False:",
        "skupper/test_servers.py::test_nothing_is_changed_on_refused_clusters_and_others_go_on",
    ),
    _mutation(
        "the identities of API servers are not compared",
        "skupper/same_server.py",
        "for names in by_identity.values():",
        "for names in ():",
        "skupper/test_same_server.py::test_a_cluster_is_named_if_and_only_if_another_one_has_its_identity_or_shows_its_objects",
    ),
    _mutation(
        "objects of clusters without an identity are not compared",
        "skupper/same_server.py",
        "for names in by_object.values():",
        "for names in ():",
        "apply/test_fleet.py::test_an_object_that_a_watch_shows_on_a_second_cluster_makes_both_fail",
    ),
    _mutation(
        "writes that are planned go on after their cluster has failed",
        "apply/running.py",
        'self._closed.add((failure.cluster, "*"))',
        "pass",
        "apply/test_running.py::test_a_cluster_that_failed_gets_no_write_that_was_planned_before",
    ),
    _mutation(
        "a token is sent to a server that its secret does not name",
        "app_interface/accesses.py",
        "if not same_server(server, cluster.server_url):",
        "if False:",
        "app_interface/test_accesses.py::test_a_token_is_not_sent_to_another_server",
    ),
    _mutation(
        "an unexpected error is printed with its text",
        "unexpected.py",
        'return f"unexpected {_name(error)}{reason}{where}"',
        'return f"unexpected {_name(error)}: {error}{where}"',
        "cli/test_failures.py::test_no_exception_of_a_library_brings_a_credential_to_the_output",
    ),
    _mutation(
        "a token that cannot be a header is sent",
        "app_interface/config_tables.py",
        "elif code > 0xFF:",
        "elif False:",
        "app_interface/test_config.py::test_a_token_that_cannot_be_a_header_is_refused_without_its_value",
    ),
    _mutation(
        "a command that hangs is never ended",
        "cli/exits.py",
        "        os._exit(self.code)",
        "        return",
        "cli/test_stopping.py::test_what_is_still_busy_is_named",
    ),
    _mutation(
        "TLS is not verified by default",
        "openshift/access.py",
        "insecure: bool = False",
        "insecure: bool = True",
        "openshift/test_trust.py::test_without_a_ca_file_a_private_authority_is_not_trusted",
    ),
    _mutation(
        "TLS is not verified where the data says nothing",
        "app_interface/definitions.py",
        "insecure=bool(answer.insecure_skip_tls_verify)",
        "insecure=answer.insecure_skip_tls_verify is not False",
        "app_interface/test_fetching.py::test_certificates_are_checked_where_the_data_does_not_say_otherwise",
    ),
    _mutation(
        "take-over writes without its option",
        "skupper/v1/observed_state.py",
        "declared = self._declared() if inputs.take_over else ()",
        "declared = self._declared()",
        "skupper/test_take_over.py::test_without_the_option_nothing_is_planned",
    ),
    _mutation(
        "a diagnosis judges what stands on something broken",
        "skupper/diagnosis/diagnosing.py",
        "judgement = _skipped(broken) if broken else check.judge(facts, subject)",
        "judgement = check.judge(facts, subject)",
        "skupper/diagnosis/test_scope.py::test_what_depends_on_a_cluster_that_is_down_is_skipped_and_names_it",
    ),
    _mutation(
        "a diagnosis accepts whatever certificate is presented",
        "skupper/diagnosis/network.py",
        "if expected and found.fingerprint != expected:",
        "if False:",
        "skupper/diagnosis/test_causes.py::test_a_cause_is_seen_by_its_check_with_evidence_and_advice",
    ),
    _mutation(
        "a diagnosis leaves the Job that dialled",
        "apply/from_pods.py",
        "client.delete(JOB, name, probe.at.namespace)",
        "pass",
        "apply/test_from_pods.py::test_the_job_is_deleted_whatever_its_pod_does",
    ),
    _mutation(
        "a diagnosis prints whatever a pod says",
        "skupper/diagnosis/probe_answer.py",
        'return words if words and words.isprintable() else "it gave no reason"',
        "return text(found)",
        "skupper/diagnosis/test_probe.py"
        "::test_whatever_a_pod_says_is_read_and_nothing_of_it_is_long_or_unprintable",
    ),
    _mutation(
        "a diagnosis quotes Events about Secrets",
        "skupper/v1/diagnosis/pods.py",
        'return text(dig(about, "kind")) != "Secret" and',
        "return",
        "skupper/diagnosis/test_any_facts.py::test_a_diagnosis_shows_no_secret",
    ),
    _mutation(
        "a router dials on with a token that was deleted",
        "skupper/v1/left_connectors.py",
        "if left and not live",
        "if not left and not live",
        "skupper/test_left_connectors.py"
        "::test_a_connector_of_an_undeclared_link_without_a_token_is_taken_out",
    ),
    _mutation(
        "a connector of a declared link is taken out before another takes its place",
        "skupper/v1/left_connectors.py",
        "(key, issuer) in needed and",
        "False and",
        "skupper/test_left_connectors.py::test_that_of_a_declared_link_stays_until_another_takes_its_place",
    ),
    _mutation(
        "a rotation is called failed whatever happens to its routers",
        "skupper/v1/plan_link.py",
        "judged = not _disturbed(ends, secret, name, now)",
        "judged = True",
        "skupper/test_parked.py::test_a_token_is_restored_if_what_replaces_it_cannot_be_judged",
    ),
    _mutation(
        "what a site-controller has missed is not asked for again",
        "skupper/v1/overlooked.py",
        "if not found or not _due(",
        "if True or not _due(",
        "skupper/test_changing.py::TestOverlooked::test_after_a_while_the_site_controller_is_made_to_look_again",
    ),
)
