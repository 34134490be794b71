namespace SwarmOrleans.Contracts;

/// <summary>
/// Kind of an object in the store. The numbers are part of the log and snapshot formats and never change;
/// numbers below 32 are SwarmKit's kinds, from 32 up our own rows.
/// </summary>
public enum ObjectKind
{
    /// <summary>No kind; never stored.</summary>
    None = 0,

    /// <summary>A machine of the swarm.</summary>
    Node = 1,

    /// <summary>What a user wants run.</summary>
    Service = 2,

    /// <summary>One assignment of work.</summary>
    Task = 3,

    /// <summary>A network.</summary>
    Network = 4,

    /// <summary>The swarm's settings, root CA and join tokens.</summary>
    Cluster = 5,

    /// <summary>A secret.</summary>
    Secret = 6,

    /// <summary>An object of a registered extension.</summary>
    Resource = 7,

    /// <summary>A registered extension.</summary>
    Extension = 8,

    /// <summary>A config.</summary>
    Config = 9,

    /// <summary>A cluster volume.</summary>
    Volume = 10,

    /// <summary>A member of the manager group.</summary>
    Manager = 32,

    /// <summary>The live session of a node.</summary>
    NodeSession = 33,

    /// <summary>What a service's reconciler remembers.</summary>
    ServiceProgress = 34,

    /// <summary>A row of the Orleans membership table.</summary>
    SiloMember = 35,

    /// <summary>The version of the Orleans membership table.</summary>
    SiloTable = 36,
}
