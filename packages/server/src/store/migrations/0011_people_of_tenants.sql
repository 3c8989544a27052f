-- For the tenants of a person, which they are told when they sign in.
create index members_of_person on members (user_id) where user_id is not null;
