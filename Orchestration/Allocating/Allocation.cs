using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>What an allocator decided about one object.</summary>
/// <param name="Item">The network, service or node as the store should hold it.</param>
/// <param name="Taken">Addresses that it gets and nobody else may have; a network's subnets and ids are in the network.</param>
public sealed record Allocation(IStoreObject Item, IReadOnlyList<HeldAddress> Taken);
