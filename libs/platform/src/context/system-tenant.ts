/** Of what belongs to no tenant: facts about the system itself, for auditors and operators of all tenants. */
export const SYSTEM_TENANT = '00000000-0000-0000-0000-000000000000';
