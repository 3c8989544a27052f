/** The tenant of rows and snapshot objects that belong to the platform itself. No tenant has this id. */
export const nilTenant = '00000000-0000-0000-0000-000000000000';
