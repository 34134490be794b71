namespace SwarmOrleans.Store.Tables;

/// <summary>The secondary indexes (STO-7). Those of low selectivity hold only what still needs work.</summary>
internal enum IndexName
{
    TaskByService,
    TaskByNode,
    TaskBySlot,
    TaskWithoutService,
    TaskUnsettled,
    TaskBySecret,
    TaskByConfig,
    TaskByNetwork,
    ServiceBySecret,
    ServiceByConfig,
    ServiceByNetwork,
    ServicePerNode,
    ServiceRebalancing,
    NodeByRole,
    NodeByMembership,
    SessionByManager,
    TaskUsingNetwork,
    ResourceByKind,
    HolderOfKey,
    Count,
}
