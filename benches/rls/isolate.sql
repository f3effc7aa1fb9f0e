-- The wall. Run by the owner.
select tenancy.isolate('tenantry.' || :'data' || '_projects');
