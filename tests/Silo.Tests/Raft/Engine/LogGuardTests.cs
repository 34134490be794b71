using SwarmOrleans.Raft.Engine;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class LogGuardTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(13)]
    [InlineData(23)]
    public void DamagedGuard_IsFound(int offset)
    {
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "guard");
        var guard = new LogGuard(file);
        guard.Save(3, 17);
        Assert.Equal(17, guard.CommittedIndex);
        var note = File.ReadAllBytes(file);
        note[offset] ^= 0x10;
        File.WriteAllBytes(file, note);
        Assert.Equal(file, Assert.Throws<LogCorruptException>(() => guard.CommittedIndex).File);
    }

    [Fact]
    public void TermThatWentBack_IsFound()
    {
        using var directory = new TemporaryDirectory();
        var guard = new LogGuard(Path.Combine(directory.Path, "guard"));
        guard.VerifyTerm(0, directory.Path);
        guard.Save(3, 17);
        guard.VerifyTerm(3, directory.Path);
        Assert.EndsWith("state", Assert.Throws<LogCorruptException>(() => guard.VerifyTerm(2, directory.Path)).File, StringComparison.Ordinal);
    }
}
