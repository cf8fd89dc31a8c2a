//! The codes of the column `logs.type` (docs: deploy-monitor/logs/log-event-type-codes). Auth0 adds codes; one that is
//! not here is no error.

/// The outcome of an event, as far as its code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An action succeeded.
    Success,
    /// An action failed.
    Failure,
    /// Something else happened.
    Notice,
}

impl Outcome {
    /// The outcome's name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Notice => "notice",
        }
    }
}

/// A code and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct LogType {
    /// The value of `logs.type`.
    pub code: &'static str,
    /// The outcome of the event.
    pub outcome: Outcome,
    /// The event, in one line.
    pub meaning: &'static str,
}

const fn success(code: &'static str, meaning: &'static str) -> LogType {
    LogType { code, outcome: Outcome::Success, meaning }
}

const fn failure(code: &'static str, meaning: &'static str) -> LogType {
    LogType { code, outcome: Outcome::Failure, meaning }
}

const fn notice(code: &'static str, meaning: &'static str) -> LogType {
    LogType { code, outcome: Outcome::Notice, meaning }
}

/// All documented codes, in order.
pub const LOG_TYPES: &[LogType] = &[
    notice("acls_summary", "How often rules of network access lists matched in a period."),
    failure("actions_execution_failed", "An Action ended with an error."),
    notice("acul_sdk_notice", "A notice about the version of the SDK for custom login pages."),
    failure("api_limit", "A rate limit of the Authentication or Management API was exceeded."),
    notice("api_limit_warning", "A rate limit of the Authentication or Management API is nearly used up."),
    notice("appi", "The rate limits of the Authentication API were raised for a purchased peak."),
    failure("ciba_exchange_failed", "A backchannel login (CIBA) was not exchanged for a token."),
    success("ciba_exchange_succeeded", "A backchannel login (CIBA) was exchanged for a token."),
    failure("ciba_start_failed", "A backchannel login (CIBA) could not be started."),
    success("ciba_start_succeeded", "A backchannel login (CIBA) was started."),
    notice("cls", "A code or link for a login without password was sent."),
    failure("connected_accounts_connection_failed", "A user could not connect an account of another provider."),
    success("connected_accounts_connection_succeeded", "A user connected an account of another provider."),
    failure("connected_accounts_delete_failed", "A user could not remove a connected account."),
    success("connected_accounts_delete_succeeded", "A user removed a connected account."),
    notice("cs", "A code for a login without password was sent."),
    failure("custom_domain_verification_failed", "A custom domain could not be verified."),
    notice("depnote", "The tenant uses a feature that Auth0 will remove."),
    success("directory_sync_completed", "A directory was synchronised into the tenant."),
    failure("directory_sync_failed", "The synchronisation of a directory failed."),
    notice("directory_sync_started", "The synchronisation of a directory began."),
    failure("f", "A login failed for another reason than password or user name."),
    failure("failed_on_behalf_of_token_exchange", "A token was not exchanged on behalf of a user."),
    failure("fc", "An AD/LDAP connector refused a login."),
    failure("fce", "An e-mail address could not be changed."),
    failure("fco", "A request came from an origin that the application does not allow."),
    failure("fcoa", "A cross-origin login failed."),
    failure("fcp", "A password could not be changed."),
    failure("fcph", "The hook after a password change failed."),
    failure("fcpn", "A phone number could not be changed."),
    failure("fcpr", "A request to change a password failed."),
    failure("fcpro", "An AD/LDAP connector could not be set up."),
    failure("fcu", "A user name could not be changed."),
    failure("fd", "A delegation token could not be issued."),
    failure("fdeac", "A device could not be activated."),
    failure("fdeaz", "A device could not ask for authorization."),
    failure("fdecc", "A user did not confirm a device."),
    failure("fdu", "A user could not be deleted."),
    failure("feacft", "An authorization code was not exchanged for a token."),
    failure("feccft", "Client credentials were not exchanged for a token."),
    failure("fecte", "A custom token exchange failed."),
    failure("fede", "A device code was not exchanged for a token."),
    failure("federated_logout_failed", "The logout at another identity provider failed."),
    failure("fens", "A native social login was not exchanged for a token."),
    failure("feoobft", "A password with an out-of-band challenge was not exchanged for a token."),
    failure("feotpft", "A password with a one-time code was not exchanged for a token."),
    failure("fepft", "A password was not exchanged for a token."),
    failure("fepotpft", "A one-time code without password was not exchanged for a token."),
    failure("fercft", "A password with a recovery code was not exchanged for a token."),
    failure("ferrt", "A rotating refresh token was refused, for example because it was used twice."),
    failure("fertft", "A refresh token was refused, for example because it had expired or was revoked."),
    failure("feta", "A token exchange at the Token Vault failed."),
    failure("fi", "An invitation could not be accepted, for example with another e-mail address."),
    failure("flo", "A logout failed."),
    success("flows_execution_completed", "A flow ran to its end."),
    failure("flows_execution_failed", "A flow ended with an error."),
    failure("fn", "A notification could not be sent."),
    failure("forms_submission_failed", "A form could not be submitted."),
    success("forms_submission_succeeded", "A form was submitted."),
    failure("fp", "A login failed because of a wrong password."),
    failure("fpar", "A pushed authorization request failed."),
    failure("fpurh", "The hook after a registration failed."),
    failure("fs", "A sign-up failed."),
    failure("fsa", "A silent authentication failed: the user had to log in."),
    failure("fu", "A login failed because no such user exists."),
    failure("fui", "An import of users failed."),
    failure("fv", "A verification e-mail could not be sent."),
    failure("fvr", "A request for a verification e-mail failed."),
    success("gd_auth_email_verification", "An e-mail address was verified for multi-factor authentication."),
    failure("gd_auth_fail_email_verification", "An e-mail address was not verified for multi-factor authentication."),
    failure("gd_auth_failed", "A second factor was wrong or could not be checked."),
    failure("gd_auth_rejected", "A user rejected a login by push notification."),
    success("gd_auth_succeed", "A second factor was right."),
    success("gd_enrollment_complete", "A user enrolled their first second factor."),
    failure("gd_otp_rate_limit_exceed", "A user asked for more than ten codes in an hour."),
    failure("gd_recovery_failed", "A recovery code was wrong."),
    failure("gd_recovery_rate_limit_exceed", "Too many recovery codes were wrong."),
    success("gd_recovery_succeed", "A recovery code was right."),
    notice("gd_send_email", "A second factor was sent by e-mail."),
    notice("gd_send_email_verification", "A verification e-mail for a second factor was sent."),
    failure("gd_send_email_verification_failure", "A verification e-mail for a second factor could not be sent."),
    notice("gd_send_pn", "A second factor was sent by push notification."),
    failure("gd_send_pn_failure", "A push notification could not be sent."),
    notice("gd_send_sms", "A second factor was sent by text message."),
    failure("gd_send_sms_failure", "A text message could not be sent."),
    notice("gd_send_voice", "A second factor was spoken in a call."),
    failure("gd_send_voice_failure", "A call with a second factor failed."),
    notice("gd_start_auth", "A login asked for a second factor."),
    notice("gd_start_enroll", "A user began to enroll a second factor."),
    failure("gd_start_enroll_failed", "The enrollment of a second factor could not begin."),
    notice("gd_tenant_update", "Settings of multi-factor authentication were changed."),
    notice("gd_unenroll", "A device was removed as a second factor."),
    notice("gd_update_device_account", "A device used as a second factor was changed."),
    failure("gd_webauthn_challenge_failed", "A security key or device biometrics were not verified."),
    failure("gd_webauthn_enrollment_failed", "A security key or device biometrics could not be enrolled."),
    failure("idjag_exchange_failed", "An identity assertion grant was not exchanged for a token."),
    success("idjag_exchange_succeeded", "An identity assertion grant was exchanged for a token."),
    failure("jwt_bearer_exchange_failed", "A JWT bearer assertion was not exchanged for a token."),
    failure("kms_key_management_failure", "An operation on an encryption key failed."),
    success("kms_key_management_success", "An operation on an encryption key succeeded."),
    notice("kms_key_state_changed", "An encryption key changed its state."),
    failure("limit_delegation", "The rate limit of delegation was exceeded."),
    failure("limit_mu", "An IP address is blocked: too many failed logins or sign-ups."),
    failure("limit_sul", "A user is blocked for a time: too many logins from one IP address."),
    failure("limit_wc", "An IP address is blocked for one account: too many failed logins."),
    notice("mfar", "A login by password grant asked for a second factor."),
    success("mgmt_api_read", "The Management API returned secrets."),
    failure("my_account_authentication_method_failed", "A user could not change an authentication method of theirs."),
    success("my_account_authentication_method_succeeded", "A user changed an authentication method of theirs."),
    failure("oidc_backchannel_logout_failed", "An application did not confirm a logout."),
    success("oidc_backchannel_logout_succeeded", "An application confirmed a logout."),
    success("organization_member_added", "A user became a member of an organization."),
    failure("passkey_challenge_failed", "A passkey was not accepted."),
    notice("passkey_challenge_started", "A passkey was asked for."),
    notice("pla", "The risk of a login was assessed before it."),
    failure("pwd_leak", "A login used a leaked password; one entry an hour for an IP address."),
    failure("reset_pwd_leak", "A password reset used a leaked password."),
    notice("resource_cleanup", "Objects beyond a limit were removed."),
    failure("rich_consents_access_error", "A detailed consent could not be read."),
    success("s", "A user logged in."),
    success("sapi", "The Management API changed something."),
    success("sce", "An e-mail address was changed."),
    success("scoa", "A cross-origin login succeeded."),
    success("scp", "A password was changed."),
    success("scpn", "A phone number was changed."),
    success("scpr", "A change of a password was requested."),
    success("scu", "A user name was changed."),
    success("scv", "A credential was validated."),
    success("sd", "A delegation token was issued."),
    success("sdu", "A user was deleted."),
    success("seacft", "An authorization code was exchanged for a token."),
    success("seccft", "Client credentials were exchanged for a token."),
    success("secte", "A custom token exchange succeeded."),
    success("sede", "A device code was exchanged for a token."),
    success("sens", "A native social login was exchanged for a token."),
    success("seoobft", "A password with an out-of-band challenge was exchanged for a token."),
    success("seotpft", "A password with a one-time code was exchanged for a token."),
    success("sepft", "A password was exchanged for a token."),
    success("sepkoobft", "A passkey with an out-of-band challenge was exchanged for a token."),
    success("sepkotpft", "A passkey with a one-time code was exchanged for a token."),
    success("sepkrcft", "A passkey with a recovery code was exchanged for a token."),
    success("sercft", "A password with a recovery code was exchanged for a token."),
    success("sertft", "A refresh token was exchanged for a token."),
    success("seta", "A token exchange at the Token Vault succeeded."),
    success("si", "An invitation was accepted."),
    failure("signup_pwd_leak", "A sign-up used a leaked password."),
    success("slo", "A user logged out."),
    success("srrt", "A refresh token was revoked."),
    success("ss", "A user signed up."),
    failure("ss_sso_failure", "A step of self-service single sign-on failed."),
    notice("ss_sso_info", "A test of self-service single sign-on began or ended."),
    success("ss_sso_success", "A step of self-service single sign-on succeeded."),
    success("ssa", "A silent authentication succeeded: the user had a session."),
    success("sscim", "A SCIM request succeeded."),
    success("success_on_behalf_of_token_exchange", "A token was exchanged on behalf of a user."),
    success("sui", "Users were imported."),
    success("sv", "A user followed the link of a verification e-mail."),
    success("svr", "A verification e-mail was requested, and waits to be sent."),
    failure("too_many_records", "A user has as many authenticators as are allowed."),
    notice("ublkdu", "The block of a user was lifted."),
    failure("universal_logout_failed", "A universal logout failed."),
    success("universal_logout_succeeded", "A universal logout succeeded."),
    notice("w", "A warning during a login."),
    notice("wn", "A warning while a notification was sent."),
    notice("wum", "A warning while users were managed."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_each_has_a_sentence() {
        assert!(LOG_TYPES.is_sorted_by(|one, other| one.code < other.code));
        for LogType { code, meaning, .. } in LOG_TYPES {
            assert!(meaning.ends_with('.') && meaning.contains(' '), "{code}: {meaning}");
        }
    }
}
