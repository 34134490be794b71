using Google.Protobuf;

namespace SwarmOrleans.Contracts;

/// <summary>
/// An object that the store can hold. Objects taken from the store are frozen: clone before changing.
/// </summary>
public interface IStoreObject : IMessage
{
    /// <summary>Identity inside its kind; never empty in the store.</summary>
    string Id { get; set; }

    /// <summary>Version and times of the last write; set by the store, null before the first write.</summary>
    Meta Meta { get; set; }

    /// <summary>The table that the object belongs to.</summary>
    ObjectKind Kind { get; }
}
