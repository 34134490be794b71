namespace SwarmOrleans.Contracts;

/// <summary>Makes identifiers; injected so that a seeded run makes the same ones again.</summary>
public interface IIdSource
{
    /// <summary>A new identifier: 25 characters of <c>[0-9a-z]</c> (behaviour-cluster A.1).</summary>
    string NewId();
}
