//! Every table, in portable types. Written to match `migrations/`; a test builds both trees and
//! compares them with this file.

diesel::table! {
    instance_facts (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    local_actors (id) {
        id -> Text,
        kind -> Text,
        handle -> Text,
        name -> Text,
        summary -> Text,
        public_key_pem -> Text,
        private_key_pem -> Text,
        followers_count -> Integer,
        posts_count -> Integer,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    members (id) {
        id -> Text,
        handle -> Text,
        name -> Text,
        is_steward -> Bool,
        joined_at -> Timestamp,
        left_at -> Nullable<Timestamp>,
        password_given_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    passwords (member_id) {
        member_id -> Text,
        hash -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        member_id -> Nullable<Text>,
        form_token -> Text,
        notice -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    reset_links (token_hash) {
        token_hash -> Text,
        member_id -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    former_handles (handle_hash) {
        handle_hash -> Text,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Text,
        token_hash -> Text,
        member_id -> Text,
        name -> Text,
        scope -> Text,
        created_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        is_confirmed -> Bool,
    }
}

diesel::table! {
    steward_log (id) {
        id -> Text,
        member_id -> Nullable<Text>,
        act -> Text,
        subject -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    documents (id) {
        id -> Text,
        slug -> Text,
        title -> Text,
        current_version_id -> Nullable<Text>,
        created_at -> Timestamp,
        is_founding -> Bool,
    }
}

diesel::table! {
    document_versions (id) {
        id -> Text,
        document_id -> Text,
        number -> Integer,
        fingerprint -> Text,
        amendment_id -> Nullable<Text>,
        created_at -> Timestamp,
        vote_base -> Text,
        quorum -> Integer,
        fingerprint_of -> Text,
    }
}

diesel::table! {
    document_clauses (version_id, clause_id) {
        version_id -> Text,
        clause_id -> Text,
        parent_id -> Nullable<Text>,
        position -> Integer,
        depth -> Integer,
        number -> Text,
        text -> Text,
    }
}

diesel::table! {
    signings (member_id, document_id, fingerprint) {
        member_id -> Text,
        document_id -> Text,
        fingerprint -> Text,
        signed_at -> Timestamp,
    }
}

diesel::table! {
    cabals (id) {
        id -> Text,
        purpose -> Text,
        formed_by -> Text,
        formed_at -> Timestamp,
        last_published_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    cabal_members (cabal_id, member_id) {
        cabal_id -> Text,
        member_id -> Text,
        is_lead -> Bool,
        contribution -> Text,
        joined_at -> Timestamp,
        left_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    cabal_log (id) {
        id -> Text,
        cabal_id -> Text,
        member_id -> Text,
        act -> Text,
        subject -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    posts (id) {
        id -> Text,
        actor_id -> Text,
        kind -> Text,
        visibility -> Text,
        object_json -> Text,
        in_reply_to -> Nullable<Text>,
        is_pinned -> Bool,
        published_at -> Timestamp,
        updated_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    help_requests (id) {
        id -> Text,
        cabal_id -> Text,
        published_by -> Text,
        what -> Text,
        skills -> Text,
        quarter_hours -> Integer,
        deadline -> Nullable<Timestamp>,
        place -> Nullable<Text>,
        is_remote -> Bool,
        language -> Text,
        state -> Text,
        published_at -> Timestamp,
        updated_at -> Timestamp,
        renewed_at -> Timestamp,
        edited_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    statements (id) {
        id -> Text,
        actor_id -> Text,
        published_by -> Text,
        text -> Text,
        language -> Text,
        published_at -> Timestamp,
        updated_at -> Timestamp,
        spoken_as -> Nullable<Text>,
        edited_as -> Nullable<Text>,
    }
}

diesel::table! {
    spokespeople (id) {
        id -> Text,
        member_id -> Text,
        purpose -> Text,
        volunteered_at -> Timestamp,
        ends_at -> Timestamp,
        backer_id -> Nullable<Text>,
        begins_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        note_id -> Nullable<Text>,
    }
}

diesel::table! {
    spokesperson_log (id) {
        id -> Text,
        spokesperson_id -> Text,
        act -> Text,
        post_id -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    offers (id) {
        id -> Text,
        help_request_id -> Text,
        channel -> Text,
        offerer_actor -> Nullable<Text>,
        note_id -> Nullable<Text>,
        offerer_name -> Text,
        contact -> Nullable<Text>,
        content_html -> Text,
        visibility -> Text,
        state -> Text,
        received_at -> Timestamp,
        edited_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>,
        answer_text -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        word_at -> Nullable<Timestamp>,
        asked_at -> Nullable<Timestamp>,
        freed_at -> Nullable<Timestamp>,
        done_at -> Nullable<Timestamp>,
        secret_hash -> Nullable<Text>,
    }
}

diesel::table! {
    credits (id) {
        id -> Text,
        cabal_id -> Text,
        help_request_id -> Text,
        offer_id -> Text,
        actor_url -> Nullable<Text>,
        name -> Text,
        given_at -> Timestamp,
    }
}

diesel::table! {
    credit_consents (actor_url) {
        actor_url -> Text,
        answer -> Text,
        post_id -> Text,
        asked_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    messages (id) {
        id -> Text,
        actor_id -> Text,
        sender_actor -> Text,
        note_id -> Text,
        in_reply_to -> Nullable<Text>,
        content_html -> Text,
        visibility -> Text,
        received_at -> Timestamp,
        edited_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    amendments (id) {
        id -> Text,
        document_id -> Text,
        base_version_id -> Text,
        proposer_id -> Text,
        title -> Text,
        summary -> Text,
        values_fit -> Text,
        state -> Text,
        proposed_at -> Timestamp,
        edited_at -> Timestamp,
        lapses_at -> Timestamp,
        poll_id -> Nullable<Text>,
        frozen_hash -> Nullable<Text>,
        is_draft -> Bool,
        opens_at -> Nullable<Timestamp>,
        warned_at -> Nullable<Timestamp>,
        note_id -> Nullable<Text>,
        not_before -> Nullable<Timestamp>,
    }
}

diesel::table! {
    amendment_changes (amendment_id, clause_id) {
        amendment_id -> Text,
        clause_id -> Text,
        number -> Text,
        old_text -> Text,
        new_text -> Text,
        act -> Text,
        place -> Nullable<Text>,
        anchor_id -> Nullable<Text>,
        position -> Integer,
    }
}

diesel::table! {
    backings (amendment_id, member_id) {
        amendment_id -> Text,
        member_id -> Text,
        backed_at -> Timestamp,
        reply_id -> Nullable<Text>,
    }
}

diesel::table! {
    objections (id) {
        id -> Text,
        amendment_id -> Text,
        member_id -> Text,
        reason -> Text,
        raised_at -> Timestamp,
        backer_id -> Nullable<Text>,
        backed_at -> Nullable<Timestamp>,
        answer -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    amendment_comments (id) {
        id -> Text,
        amendment_id -> Text,
        member_id -> Text,
        text -> Text,
        written_at -> Timestamp,
        edited_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    member_notices (id) {
        id -> Text,
        member_id -> Text,
        sentence -> Text,
        about -> Text,
        told_at -> Timestamp,
        read_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    polls (id) {
        id -> Text,
        actor_id -> Text,
        amendment_id -> Nullable<Text>,
        published_by -> Text,
        question -> Text,
        is_multiple -> Bool,
        totals_hidden -> Bool,
        language -> Text,
        opens_at -> Timestamp,
        closes_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        roll_size -> Nullable<Integer>,
        roll_fingerprint -> Nullable<Text>,
        vote_base -> Nullable<Text>,
        quorum -> Nullable<Integer>,
        voters_count -> Integer,
        majority -> Text,
    }
}

diesel::table! {
    lead_nominations (id) {
        id -> Text,
        cabal_id -> Text,
        nominee_id -> Text,
        called_by -> Text,
        way -> Text,
        made_at -> Timestamp,
        state -> Text,
        poll_id -> Nullable<Text>,
    }
}

diesel::table! {
    poll_options (poll_id, position) {
        poll_id -> Text,
        position -> Integer,
        name -> Text,
        total -> Integer,
    }
}

diesel::table! {
    roll_entries (poll_id, member_id) {
        poll_id -> Text,
        member_id -> Text,
    }
}

diesel::table! {
    ballots (receipt) {
        receipt -> Text,
        poll_id -> Text,
        choices -> Integer,
    }
}

diesel::table! {
    poll_voters (poll_id, voter) {
        poll_id -> Text,
        voter -> Text,
        actor_url -> Nullable<Text>,
    }
}

diesel::table! {
    ballot_links (poll_id, voter) {
        poll_id -> Text,
        voter -> Text,
        receipt -> Text,
        nonce -> Text,
        received_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    vote_senders (poll_id, actor_url, vote_id) {
        poll_id -> Text,
        actor_url -> Text,
        vote_id -> Text,
        is_voter -> Bool,
    }
}

diesel::table! {
    soundings (poll_id, actor_url) {
        poll_id -> Text,
        actor_url -> Text,
        choices -> Integer,
    }
}

diesel::table! {
    uncounted_votes (poll_id, reason) {
        poll_id -> Text,
        reason -> Text,
        total -> Integer,
    }
}

diesel::table! {
    vote_notices (poll_id, actor_url, kind) {
        poll_id -> Text,
        actor_url -> Text,
        kind -> Text,
    }
}

diesel::table! {
    said_once (key_hash) {
        key_hash -> Text,
        said_at -> Timestamp,
    }
}

diesel::table! {
    chain_entries (poll_id, position) {
        poll_id -> Text,
        position -> Integer,
        kind -> Text,
        entry_json -> Text,
        hash -> Text,
    }
}

diesel::table! {
    heartbeats (process) {
        process -> Text,
        started_at -> Timestamp,
        last_at -> Timestamp,
        doubted_since -> Nullable<Timestamp>,
        claimed_at -> Nullable<Timestamp>,
        seen_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    incidents (id) {
        id -> Text,
        kind -> Text,
        began_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        process -> Nullable<Text>,
    }
}

diesel::table! {
    results (poll_id) {
        poll_id -> Text,
        amendment_id -> Nullable<Text>,
        votes_for -> Integer,
        votes_against -> Integer,
        votes_abstain -> Integer,
        roll_size -> Integer,
        is_carried -> Bool,
        post_id -> Text,
        record_json -> Text,
        record_sha256 -> Text,
        version_id -> Nullable<Text>,
        closed_at -> Timestamp,
        minutes_json -> Text,
    }
}

diesel::table! {
    linked_actors (actor_url) {
        actor_url -> Text,
        member_id -> Text,
        linked_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        held_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    link_codes (id) {
        id -> Text,
        member_id -> Text,
        actor_url -> Text,
        code_hash -> Text,
        tries_left -> Integer,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    remote_actors (url) {
        url -> Text,
        kind -> Text,
        host -> Text,
        username -> Text,
        name -> Text,
        profile_url -> Text,
        inbox -> Text,
        shared_inbox -> Nullable<Text>,
        followers_url -> Nullable<Text>,
        fetched_at -> Timestamp,
        refresh_tried_at -> Nullable<Timestamp>,
        unreachable_since -> Nullable<Timestamp>,
        gone_at -> Nullable<Timestamp>,
        heard_at -> Nullable<Timestamp>,
        published -> Nullable<Text>,
        is_blocked -> Bool,
    }
}

diesel::table! {
    remote_keys (actor_url, key_id) {
        actor_url -> Text,
        key_id -> Text,
        algorithm -> Text,
        public_key -> Text,
    }
}

diesel::table! {
    followers (actor_id, follower_url) {
        actor_id -> Text,
        follower_url -> Text,
        follow_id -> Text,
        inbox -> Text,
        host -> Text,
        followed_at -> Timestamp,
    }
}

diesel::table! {
    inbox_activities (id) {
        id -> Text,
        actor_url -> Text,
        activity_id -> Text,
        inbox_handle -> Nullable<Text>,
        body -> Nullable<Text>,
        received_at -> Timestamp,
        state -> Text,
        attempts -> Integer,
        next_try_at -> Timestamp,
        note -> Nullable<Text>,
        signed_at -> Nullable<Timestamp>,
        repeats_after -> Nullable<Timestamp>,
        claimed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    blocks (subject) {
        subject -> Text,
        kind -> Text,
        blocked_by -> Text,
        blocked_at -> Timestamp,
    }
}

diesel::table! {
    reports (id) {
        id -> Text,
        reporter_actor -> Text,
        about -> Text,
        words -> Text,
        received_at -> Timestamp,
        settled_by -> Nullable<Text>,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    tombstones (object_id, actor_url) {
        object_id -> Text,
        actor_url -> Text,
        at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    outbox_activities (id) {
        id -> Text,
        actor_id -> Text,
        post_id -> Nullable<Text>,
        is_public -> Bool,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    deliveries (id) {
        id -> Text,
        activity_id -> Text,
        host -> Text,
        inbox -> Text,
        attempts -> Integer,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    remote_hosts (host) {
        host -> Text,
        failures -> Integer,
        failing_since -> Nullable<Timestamp>,
        next_try_at -> Timestamp,
        last_success_at -> Nullable<Timestamp>,
        last_problem -> Nullable<Text>,
        signature_scheme -> Text,
        scheme_known_until -> Nullable<Timestamp>,
        held_until -> Nullable<Timestamp>,
        held_by -> Nullable<Text>,
        is_resting -> Bool,
        is_waiting -> Bool,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    instance_facts,
    local_actors,
    members,
    passwords,
    sessions,
    api_tokens,
    reset_links,
    former_handles,
    steward_log,
    documents,
    document_versions,
    document_clauses,
    signings,
    cabals,
    cabal_members,
    cabal_log,
    posts,
    help_requests,
    statements,
    spokespeople,
    spokesperson_log,
    offers,
    credits,
    credit_consents,
    messages,
    amendments,
    amendment_changes,
    backings,
    objections,
    amendment_comments,
    member_notices,
    polls,
    lead_nominations,
    poll_options,
    roll_entries,
    ballots,
    poll_voters,
    ballot_links,
    vote_senders,
    soundings,
    uncounted_votes,
    vote_notices,
    said_once,
    chain_entries,
    heartbeats,
    incidents,
    results,
    linked_actors,
    link_codes,
    remote_actors,
    remote_keys,
    followers,
    inbox_activities,
    blocks,
    reports,
    tombstones,
    outbox_activities,
    deliveries,
    remote_hosts,
);

diesel::joinable!(passwords -> members (member_id));
diesel::joinable!(sessions -> members (member_id));
diesel::joinable!(api_tokens -> members (member_id));
diesel::joinable!(reset_links -> members (member_id));
diesel::joinable!(steward_log -> members (member_id));
diesel::joinable!(document_versions -> documents (document_id));
diesel::joinable!(document_clauses -> document_versions (version_id));
diesel::joinable!(signings -> members (member_id));
diesel::joinable!(signings -> documents (document_id));
diesel::joinable!(cabals -> local_actors (id));
diesel::joinable!(cabals -> members (formed_by));
diesel::joinable!(cabal_members -> cabals (cabal_id));
diesel::joinable!(cabal_members -> members (member_id));
diesel::joinable!(cabal_log -> cabals (cabal_id));
diesel::joinable!(cabal_log -> members (member_id));
diesel::joinable!(posts -> local_actors (actor_id));
diesel::joinable!(help_requests -> posts (id));
diesel::joinable!(help_requests -> cabals (cabal_id));
diesel::joinable!(help_requests -> members (published_by));
diesel::joinable!(statements -> posts (id));
diesel::joinable!(statements -> local_actors (actor_id));
diesel::joinable!(statements -> members (published_by));
diesel::joinable!(offers -> help_requests (help_request_id));
diesel::joinable!(offers -> members (answered_by));
diesel::joinable!(credits -> posts (id));
diesel::joinable!(credits -> cabals (cabal_id));
diesel::joinable!(credits -> help_requests (help_request_id));
diesel::joinable!(credits -> offers (offer_id));
diesel::joinable!(messages -> local_actors (actor_id));
diesel::joinable!(amendments -> documents (document_id));
diesel::joinable!(amendments -> document_versions (base_version_id));
diesel::joinable!(amendments -> members (proposer_id));
diesel::joinable!(amendment_changes -> amendments (amendment_id));
diesel::joinable!(backings -> amendments (amendment_id));
diesel::joinable!(backings -> members (member_id));
diesel::joinable!(objections -> amendments (amendment_id));
diesel::joinable!(amendment_comments -> amendments (amendment_id));
diesel::joinable!(amendment_comments -> members (member_id));
diesel::joinable!(member_notices -> members (member_id));
diesel::joinable!(polls -> posts (id));
diesel::joinable!(polls -> local_actors (actor_id));
diesel::joinable!(polls -> amendments (amendment_id));
diesel::joinable!(polls -> members (published_by));
diesel::joinable!(lead_nominations -> cabals (cabal_id));
diesel::joinable!(lead_nominations -> polls (poll_id));
diesel::joinable!(poll_options -> polls (poll_id));
diesel::joinable!(roll_entries -> polls (poll_id));
diesel::joinable!(ballots -> polls (poll_id));
diesel::joinable!(poll_voters -> polls (poll_id));
diesel::joinable!(ballot_links -> polls (poll_id));
diesel::joinable!(vote_senders -> polls (poll_id));
diesel::joinable!(soundings -> polls (poll_id));
diesel::joinable!(uncounted_votes -> polls (poll_id));
diesel::joinable!(vote_notices -> polls (poll_id));
diesel::joinable!(chain_entries -> polls (poll_id));
diesel::joinable!(results -> polls (poll_id));
diesel::joinable!(results -> amendments (amendment_id));
diesel::joinable!(results -> posts (post_id));
diesel::joinable!(results -> document_versions (version_id));
diesel::joinable!(linked_actors -> members (member_id));
diesel::joinable!(blocks -> members (blocked_by));
diesel::joinable!(link_codes -> members (member_id));
diesel::joinable!(remote_keys -> remote_actors (actor_url));
diesel::joinable!(followers -> local_actors (actor_id));
diesel::joinable!(outbox_activities -> local_actors (actor_id));
diesel::joinable!(deliveries -> outbox_activities (activity_id));
