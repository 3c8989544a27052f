-- The identity server works in tenants' transactions (docs/decisions/0022): the policies are there since these tables are. The
-- nil tenant is the platform's own issuer, whose people see no tenant's rows and are seen from none.
--
-- tulou_tenant gets these rights, and there is no third role: a server whose administrator has made the two roles in advance
-- need not be asked for another.
grant select, insert, update, delete
  on identity_artifacts, signing_keys, address_proofs, sign_ins, passkeys, authenticators, recovery_codes
  to tulou_tenant;
